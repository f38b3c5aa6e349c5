import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrap } from '../../../control-plane/machines/bootstrap.ts';
import type { Facts } from '../../../control-plane/machines/facts.ts';
import type { Link } from '../../../control-plane/machines/link.ts';
import type { Packed } from '../../../control-plane/machines/runtime.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const PARCEL: Packed = { file: '/dev/null', sha256: 'a', unpack: 'cat' };

const FACTS: Facts = {
  ...{ os: 'Linux', arch: 'x86_64', isRoot: true, dir: '/var/lib/px-nodes/n1', libc: 'glibc 2.41' },
  ...{ node: '', version: '', systemd: false, has: ['gzip', 'mkfifo'], freeBytes: null },
  ...{ have: [], hasWorker: false },
};

/** Starts a worker on a machine that says this of itself; `node`: what there is for it. */
const raise = (facts: Partial<Facts>, node: Packed | null = PARCEL) => {
  const link: Link = {
    facts: { ...FACTS, ...facts },
    run: async () => '',
    forward: async () => 4321,
    watch: () => undefined,
    ended: new Promise(() => undefined),
    close: () => undefined,
  };
  const runtime = { worker: async () => PARCEL, node: async () => node };
  const order = { nodeId: 'n1', slots: 1, joinToken: 'token' };
  const deps = { clock: createManualClock(), runtime };
  return bootstrap(deps, link, { name: 'root@alpha', port: 1 }, order, () => undefined);
};

test('a machine without a Node that px has none for is told what to install', async () => {
  await assert.rejects(raise({ libc: '' }), {
    message:
      'root@alpha: It has no Node, and there is no official Node for machines without glibc.',
    hint: 'Install Node 22.18 or newer there, in the PATH of ssh, such as by: apk add nodejs',
  });
  await assert.rejects(raise({ arch: 'riscv64', version: 'v18.19.0', node: '/bin/node' }, null), {
    message: 'root@alpha: It has Node 18.19.0, and there is no official Node for Linux on riscv64.',
    hint: 'Install Node 22.18 or newer there, in the PATH of ssh.',
  });
});

test('a machine with musl and a Node of its own that is new enough takes part', async () => {
  await raise({ libc: '', version: 'v24.1.0', node: '/usr/bin/node' }, null);
});
