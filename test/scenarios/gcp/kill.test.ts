// Who brings a cluster up in an emulated Google Cloud is killed in the middle of it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { signal, until } from '../../helpers/processes.ts';
import {
  assertNothingLeft,
  assertSameCost,
  connectGcp,
  skip,
  startPaperGce,
  useGcp,
} from '../support/gcp.ts';

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

  test('of both while the order is on its way: an immediate down waits for what it makes', async (t) => {
    const gce = await startPaperGce(t);
    Object.assign(gce.delays, { orderMs: 3000, listMs: 1000 });
    const px = await connectGcp(t, gce);
    const up = px.start(UP);
    let isDead = false;
    gce.watch = (moment, { name }) => {
      if (isDead || moment !== 'after' || name !== 'RegionInstances.BulkInsert') return false;
      isDead = true;
      for (const pid of [px.server().pid, up.pid]) signal(pid, 'SIGKILL');
      return true;
    };
    await until('both are dead', () => isDead);
    await up.ended();
    const { stderr } = await px.ok(['cluster', 'down', 'jpg', '--force']);
    assert.match(stderr, /Left: nothing/);
    assert.equal(new Set(gce.books.entries.map(({ vm }) => vm)).size, 2, 'they were made');
    assertNothingLeft(gce);
    await assertSameCost(px, gce);
  });

  test('of both after the machines have joined, before anybody was told: nothing is left', {
    skip,
  }, async (t) => {
    const { px, gce } = await useGcp(t);
    const up = px.start(UP);
    await until('the machines are ordered', () => gce.vms.size === 2);
    // It hears no more.
    signal(up.pid, 'SIGSTOP');
    await until(
      'they have joined',
      async () => {
        const { nodes } = await px.api().call('cluster', { params: { name: 'jpg' } });
        return nodes.every(({ incarnation }) => incarnation > 0);
      },
      60_000,
    );
    for (const pid of [up.pid, px.server().pid]) signal(pid, 'SIGKILL');
    const path = join(px.home, 'settings.json');
    const settings = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...settings, unattendedMs: 1000 }));
    await px.ok(['cluster', 'ls']);
    await until('nothing is left', () => gce.vms.size === 0 && gce.firewalls.size === 0, 60_000);
    assertNothingLeft(gce);
    await assertSameCost(px, gce);
  });
});
