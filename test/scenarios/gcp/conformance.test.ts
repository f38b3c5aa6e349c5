import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../../control-plane/clock.ts';
import { createMachines } from '../../../control-plane/machines/machines.ts';
import { createRuntime } from '../../../control-plane/machines/runtime.ts';
import { testProvider } from '../../control-plane/providers/conformance.ts';
import { startGce } from '../../emulators/gce/start.ts';
import { makeGcp } from '../../helpers/gcp.ts';
import { skip } from '../support/gcp.ts';

const NODE = join(import.meta.dirname, '../../../node_modules/node/bin/node');
/** What is shipped to machines is packed once for all tests of this file. */
const packed = mkdtempSync(join(tmpdir(), 'px-packed-'));
process.on('exit', () => rmSync(packed, { recursive: true, force: true }));

testProvider({
  name: 'gcp',
  skip: skip !== false,
  make: async (t, deps, url) => {
    const gce = await startGce(t, { real: true });
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
    const clock = createClock();
    const machines = createMachines({
      ...{ home: deps.dataDir, clock, env, silentMs: 90_000, log: deps.log },
      ...{ random: deps.random, port: async () => Number(new URL(url).port) },
      runtime: createRuntime({ folder: packed, nodePath: NODE, env, fetch }),
    });
    t.after(() => machines.close());
    const { provider, access } = makeGcp(t, gce, { machines });
    return { provider, access };
  },
});
