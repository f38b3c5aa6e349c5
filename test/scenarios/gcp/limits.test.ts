// Clusters on an emulated Google Cloud that end by themselves.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { signal, until } from '../../helpers/processes.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';
import { newestJob } from '../support/watch.ts';

/** The shortest deadline that the cloud takes. */
const LIFETIME_SECONDS = 30;
const PATIENCE_MS = 90_000;

describe('a cluster in Google Cloud goes', { concurrency: true }, () => {
  test('down by itself once nobody has used it for idle_timeout, by a session of plain ssh neither', {
    skip,
  }, async (t) => {
    const { px, gce } = await useGcp(t);
    px.write('px.yaml', 'cluster: {name: idle, provider: gcp, idle_timeout: 25s}\n');
    await px.ok(['cluster', 'up']);
    const { stdout } = await px.ok(['cluster', 'ssh-config']);
    const config = join(px.folder, 'idle.ssh');
    writeFileSync(config, stdout);
    // Longer than idle_timeout; px knows nothing of it but what the machine tells.
    const session = await promisify(execFile)('ssh', [
      '-F',
      config,
      'idle-0',
      'sleep 35; echo whole',
    ]);
    assert.equal(session.stdout, 'whole\n');
    const ran = await px.ok(['run', 'echo used']);
    assert.equal(ran.stdout.toString(), 'used\n');
    await until('its machine is gone', () => gce.vms.size === 0, PATIENCE_MS);
    await until('the rest is gone', () => gce.firewalls.size === 0, PATIENCE_MS);
    assertNothingLeft(gce);
  });

  test('by the cloud itself at max_lifetime, whatever became of px', { skip }, async (t) => {
    const { px, gce } = await useGcp(t);
    const life = `max_lifetime: ${LIFETIME_SECONDS}s`;
    px.write('px.yaml', `cluster: {name: old, provider: gcp, ${life}}\n`);
    await px.ok(['cluster', 'up']);
    signal(px.server().pid, 'SIGKILL');
    await until('the cloud deleted the machine', () => gce.vms.size === 0, PATIENCE_MS);
    assert.deepEqual(gce.books.running(), []);
    await px.ok(['cluster', 'down', 'old', '--force']);
    assertNothingLeft(gce);
  });

  test('down at max_cost: what runs is canceled, and the machines stop costing', {
    skip,
  }, async (t) => {
    // 2,000 times the usual price is some 3.7 cents a second.
    const { px, gce } = await useGcp(t, 2000);
    px.write('px.yaml', 'cluster: {name: dear, provider: gcp, max_cost: 2.5}\n');
    await px.ok(['cluster', 'up']);
    const running = px.start(['run', 'sleep 600', '-p', '2']);
    const { id } = await newestJob(px);
    const ended = await running.ended(240_000);
    assert.equal(ended.status, 125, ended.stderr);
    const job = await px.api().call('job', { params: { id } });
    assert.equal(job.state, 'canceled');
    await until('its machine is gone', () => gce.vms.size === 0, PATIENCE_MS);
    await until('the rest is gone', () => gce.firewalls.size === 0, PATIENCE_MS);
    assertNothingLeft(gce);
  });
});
