// `npm run test:live:gcp`: the shared conformance suite on a real project of Google Cloud. It costs money,
// and never runs by itself.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../control-plane/clock.ts';
import type { Deps } from '../../control-plane/deps.ts';
import { createMachines } from '../../control-plane/machines/machines.ts';
import { createRuntime } from '../../control-plane/machines/runtime.ts';
import { createGcpProvider } from '../../control-plane/providers/gcp/gcp.ts';
import { deleteMachine, LABELS, listMachines } from '../../control-plane/providers/gcp/machines.ts';
import { createSessions } from '../../control-plane/providers/gcp/session.ts';
import type { RankedOffer } from '../../protocol/messages/pricing.ts';
import { testProvider } from '../control-plane/providers/conformance.ts';
import type { Cleanup } from '../helpers/control-plane.ts';

const NODE = join(import.meta.dirname, '../../node_modules/node/bin/node');
/** The suite makes so many, one after the other but two. */
const MACHINES = 6;
/** USD an hour of one in us-central1 in November 2026, with 50 GB and an address. */
const USD = { machine: 0.06701, disk: 0.0068, address: 0.005 };
const LIFETIME_MS = 1_800_000;

const project = process.env.PX_LIVE_GCP_PROJECT;
const region = process.env.PX_LIVE_GCP_REGION ?? 'us-central1';

const offer: RankedOffer = {
  ...{ cloud: 'gcp', region, zone: '', instance_type: 'e2-standard-2', vcpus: 2, memory_gib: 8 },
  ...{ arch: 'x86_64', burstable: false, bare_metal: false, gpu_name: '', gpu_count: 0 },
  ...{ prev_gen: false, price: USD.machine, spot_price: null, as_of: '', source: 'live' },
  ...{ local_disk_gb: 0, spot_as_of: null, interruption: null, catalog: '', spot: false },
  ...{ compute: USD.machine, disk: USD.disk, address: USD.address },
  ...{ total: USD.machine + USD.disk + USD.address, cost: USD.machine },
};

/** A provider in the real project; whatever a failed test has left is deleted after it. */
const make = async (t: Cleanup, deps: Deps, url: string, name: string) => {
  const home = mkdtempSync(join(tmpdir(), 'px-live-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  const clock = createClock();
  const random = (count: number): Uint8Array => randomBytes(count);
  const machines = createMachines({
    ...{ home, clock, env, silentMs: 90_000, log: deps.log, random },
    port: async () => Number(new URL(url).port),
    runtime: createRuntime({
      folder: join(tmpdir(), 'px-live-runtime'),
      nodePath: NODE,
      env,
      fetch,
    }),
  });
  const controlPlane = randomBytes(8).toString('hex');
  const own = { clock, random, fetch, url: undefined, env, controlPlane: () => controlPlane };
  t.after(async () => {
    await machines.close();
    const { compute } = await createSessions(own).get({}, name);
    const labels = { [LABELS.controlPlane]: controlPlane };
    const left = await listMachines(compute, name, labels);
    await Promise.all(left.machines.map((machine) => deleteMachine(compute, name, machine)));
    assert.deepEqual([...left.machines, ...left.unreachable], [], 'nothing was left');
  });
  const provider = createGcpProvider({
    ...{ ...own, home, machines, tools: { clock, env }, settleMs: 10_000 },
    rank: async () => ({ offers: [offer], passed: [], notices: [] }),
  });
  const access = { env, hostKeys: [], acceptNewHostKeys: false };
  return { provider, access, spec: { project: name, maxLifetimeMs: LIFETIME_MS } };
};

const say = (words: string): void => void process.stderr.write(`${words}\n`);

if (process.env.CI === 'true') {
  say('This suite makes machines that cost money: it never runs in CI.');
  process.exitCode = 1;
} else if (project === undefined || project === '') {
  say('Expected PX_LIVE_GCP_PROJECT, a project of Google Cloud that may be billed; it is not set.');
  say('PX_LIVE_GCP_PROJECT=my-project npm run test:live:gcp');
  say(
    `PX_LIVE_GCP_REGION names another region than ${region}. docs/gcp.md says what px needs there.`,
  );
  process.exitCode = 1;
} else {
  const hourly = USD.machine + USD.disk + USD.address;
  const most = (hourly * MACHINES * LIFETIME_MS) / 3_600_000;
  say(`Makes ${MACHINES} e2-standard-2 in ${region} of ${project}, for some minutes each.`);
  say(
    `Costs $${((hourly * MACHINES) / 12).toFixed(2)} at five minutes each, $${most.toFixed(2)} at the`,
  );
  say(
    'very most: Google itself deletes each after half an hour. Ctrl-C within 10 s makes nothing.',
  );
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  testProvider({ name: 'gcp', make: (t, deps, url) => make(t, deps, url, project) });
}
