// Machines of an emulated Google Cloud that have no address of their own in the internet.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Gce } from '../../emulators/gce/start.ts';
import type { Px } from '../../helpers/px-process.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';

/**
 * Stands for `gcloud compute start-iap-tunnel NAME 22 --listen-on-stdin`: the bytes go to port 22 inside
 * the machine's own network, whose name the file NAME tells. It is logged in under one configuration alone.
 */
const GCLOUD = `#!/bin/bash
[ "$2" = start-iap-tunnel ] && [ "$4" = 22 ] && [ "$CLOUDSDK_ACTIVE_CONFIG_NAME" = work ] || exit 1
exec nsenter --net="$(cat "\${0%/*}/$3")" bash -c '
  exec 3<>/dev/tcp/127.0.0.1/22; cat <&3 & cat >&3; kill $!' 2>/dev/null
`;

/** The PATH of this px begins with such a gcloud, which knows the machines as they come. */
const addGcloud = (px: Px, gce: Gce): void => {
  const folder = join(px.folder, 'tools');
  mkdirSync(folder);
  writeFileSync(join(folder, 'gcloud'), GCLOUD);
  chmodSync(join(folder, 'gcloud'), 0o755);
  const configuration = { CLOUDSDK_ACTIVE_CONFIG_NAME: 'work' };
  Object.assign(px.env, { PATH: `${folder}:${px.env.PATH}`, ...configuration });
  const { makeHost } = gce;
  gce.makeHost = async (vm) => {
    const host = await makeHost?.(vm);
    if (host === undefined) throw new Error('Expected real machines');
    writeFileSync(join(folder, vm.name), host.network);
    return host;
  };
};

test('external_ip: head comes up, works and goes down through one address and a tunnel', {
  skip,
}, async (t) => {
  const { px, gce } = await useGcp(t);
  await px.ok(['server', 'stop', '--force']);
  addGcloud(px, gce);
  px.write('px.yaml', 'cluster: {name: jpg, provider: gcp, nodes: 2, external_ip: head}\n');
  await px.ok(['cluster', 'up']);
  const outside = [...gce.vms.values()].filter(({ natIp }) => natIp !== null);
  assert.equal(outside.length, 1);
  const ran = await px.ok(['cluster', 'exec', '--', 'hostname']);
  const heard = ran.stdout.toString().trim().split('\n');
  const names = [...gce.vms.values()].map(({ name }) => name);
  assert.deepEqual(heard.map((line) => line.split(' ').at(-1)).sort(), names.sort());
  const shell = await px.ok(['cluster', 'ssh', 'jpg', '1', '--', 'id', '-un']);
  assert.equal(shell.stdout.toString(), 'px\n');
  await px.ok(['cluster', 'down', '--force']);
  assertNothingLeft(gce);
});
