import { join } from 'node:path';
import { createClock } from '../../../control-plane/clock.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { createMachines } from '../../../control-plane/machines/machines.ts';
import { createRuntime } from '../../../control-plane/machines/runtime.ts';
import { createSshProvider } from '../../../control-plane/providers/ssh/ssh.ts';
import { testProvider } from '../../control-plane/providers/conformance.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { canMakeHosts, knowHosts, makeHosts } from '../../helpers/hosts.ts';

const NODE = join(import.meta.dirname, '../../../node_modules/node/bin/node');

/** The hosts of this file: every test has its own control plane and leaves them as they were. */
const made = async (t: Cleanup) => {
  const world = await makeHosts(t, { count: 2 });
  knowHosts(world);
  return world;
};

testProvider({
  name: 'ssh',
  skip: !canMakeHosts,
  make: async (t, deps: Deps, url) => {
    const { home: userHome, hosts } = await made(t);
    const home = deps.dataDir;
    const clock = createClock();
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
    const machines = createMachines({
      ...{ home, clock, env, silentMs: 90_000, log: deps.log, random: deps.random },
      port: async () => Number(new URL(url).port),
      runtime: createRuntime({ folder: join(home, 'cache'), nodePath: NODE, env, fetch }),
    });
    t.after(() => machines.close());
    return {
      provider: createSshProvider({ home, clock, env, machines }),
      access: { env: { HOME: userHome }, hostKeys: [], acceptNewHostKeys: false },
      spec: { cpusPerNode: 0, hosts: hosts.map(({ address }) => `root@${address}`) },
    };
  },
});
