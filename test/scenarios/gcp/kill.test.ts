// Who brings a cluster up in an emulated Google Cloud is killed in the middle of it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signal, until } from '../../helpers/processes.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';

const UP = ['cluster', 'up', 'jpg', '--provider', 'gcp', '--nodes', '2'];

describe('kill -9 in the middle of cluster up', () => {
  test('of the control plane: the px that waits starts it again, and no machine is made twice', {
    skip,
  }, async (t) => {
    const { px, gce } = await useGcp(t);
    gce.delays.provisionMs = 2_000;
    const up = px.start(UP);
    await until('the machines are ordered', () => gce.vms.size === 2);
    signal(px.server().pid, 'SIGKILL');
    const ended = await up.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(gce.calls.filter((name) => name === 'RegionInstances.BulkInsert').length, 1);
    assert.equal(gce.vms.size, 2);
    await px.ok(['cluster', 'down', 'jpg']);
    assertNothingLeft(gce);
  });
});
