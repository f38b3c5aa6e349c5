// Clusters on an emulated Google Cloud whose machines are real Linux hosts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../helpers/processes.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';

describe('a cluster in Google Cloud', () => {
  test('comes up, runs a job and goes down, and nothing is left', { skip }, async (t) => {
    // 25 times the usual prices: ten seconds of both machines are a cent, so that a difference is seen.
    const { px, gce } = await useGcp(t, 25);
    // The only connected account is meant, and then the provider of the cluster that is up.
    const up = await px.ok(['cluster', 'up', 'jpg', '--nodes', '2']);
    const lines = up.stderr.split('\n');
    assert.equal(lines[0], '<px> Connected to your [Google Cloud Platform] account. ✅');
    assert.match(lines[1] ?? '', /^<px> Project \[demo-project\], with application default cred/);
    assert.match(lines[2] ?? '', /^<px> Chose \[gcp\]: 2 nodes .*; e2-standard-2 in us-central1/);
    // 2 × (25 × 0.06701 + 0.1 × 50 / 730 + 0.005) an hour, and a sixtieth.
    assert.match(lines[3] ?? '', /^<px> Costs \$3\.37 an hour, \$0\.0562 a minute; a node: mach/);
    assert.match(lines[4] ?? '', /^<px> Cluster up \[2 nodes x \d+ cores = \d+ cores\]\. ✅$/);
    const again = await px.ok(['cluster', 'up', 'jpg', '--nodes', '2']);
    assert.match(again.stderr, /Cluster up \[2 nodes/);
    assert.equal(gce.vms.size, 2, 'the same words again make nothing');
    const ran = await px.ok(['run', 'hostname', '-p', '2', '--cluster', 'jpg']);
    const names = [...gce.vms.values()].map(({ name }) => name);
    assert.deepEqual(ran.stdout.toString().trim().split('\n').sort(), names.sort());
    const asked = await px.run(['cluster', 'resize', 'jpg', '--nodes', '3']);
    assert.equal(asked.status, 125);
    assert.match(asked.stderr, /costs \$5\.\d\d an hour, which is above \$5\.00/);
    await px.ok(['cluster', 'resize', 'jpg', '--nodes', '3', '--yes']);
    assert.equal(gce.vms.size, 3);
    await px.ok(['cluster', 'resize', 'jpg', '--nodes', '1']);
    await until('two machines are gone', () => gce.vms.size === 1);
    await px.ok(['cluster', 'down', 'jpg', '--force']);
    assertNothingLeft(gce);
    const cost = await px.ok(['cost', '--json']);
    const { totalUsd } = JSON.parse(cost.stdout.toString()) as { totalUsd: number };
    const books = gce.books.total(Date.now());
    assert.ok(books > 0.05, 'a minute of two machines at least');
    // A hundredth of a cent: the end of an operation is told in milliseconds.
    assert.ok(Math.abs(totalUsd - books) < 0.0001, `px says ${totalUsd}, the cloud ${books}`);
  });

  test('a refusal of the account ends with 125 and makes nothing', { skip }, async (t) => {
    const { px, gce } = await useGcp(t);
    gce.account.disabledServices.add('compute.googleapis.com');
    const up = await px.run(['cluster', 'up', 'jpg', '--provider', 'gcp']);
    assert.equal(up.status, 125);
    assert.match(up.stderr, /Compute Engine API has not been used in project 123456789012/);
    assert.match(up.stderr, /gcloud services enable compute\.googleapis\.com/);
    gce.account.disabledServices.clear();
    for (const zone of gce.zones.keys()) gce.soldOut.add(`${zone} *`);
    const none = await px.run(['cluster', 'up', 'jpg', '--provider', 'gcp']);
    assert.equal(none.status, 125);
    assert.match(none.stderr, /does not have enough resources available/);
    assertNothingLeft(gce);
  });
});
