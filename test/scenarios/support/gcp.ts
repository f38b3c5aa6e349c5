import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MachineType } from '../../emulators/gce/cloud.ts';
import { type Gce, startGce } from '../../emulators/gce/start.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { until } from '../../helpers/processes.ts';
import type { Px, PxOptions } from '../../helpers/px-process.ts';
import { usePx } from './network.ts';

/** Machines are namespaces: root, and a machine that CI=true says is disposable. */
export const skip = process.env.CI === 'true' ? false : 'makes network namespaces and mounts';

/** Application default credentials whose tokens the emulator gives: the form that other clouds' workloads use. */
export const credentials = (url: string, subject: string): string =>
  JSON.stringify({
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/pool/providers/idp',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/token`,
    credential_source: { file: subject },
  });

const HEAD =
  'cloud,region,zone,instance_type,vcpus,memory_gib,arch,burstable,bare_metal,gpu_name,gpu_count,prev_gen,price,spot_price,as_of,source';

const line = (zone: string, region: string, name: string, type: MachineType): string => {
  const arch = type.arch === 'ARM64' ? 'arm64' : 'x86_64';
  const size = `${type.cpus},${type.memoryMb / 1024},${arch}`;
  const prices = `${type.price},${type.spotPrice}`;
  return `gcp,${region},${zone},${name},${size},0,0,,0,0,${prices},2026-11-01,emulator`;
};

/** The price list of the emulated cloud, as `px pricing import` takes it. */
export const priceList = ({ zones, types }: Gce): string =>
  [
    HEAD,
    ...[...types].flatMap(([name, type]) =>
      [...zones].map(([zone, region]) => line(zone, region, name, type)),
    ),
  ].join('\n');

/** What is shipped to machines is packed once for all tests of a file. */
const packed = mkdtempSync(join(tmpdir(), 'px-packed-'));
process.on('exit', () => rmSync(packed, { recursive: true, force: true }));

/** A px with an account in this emulated Google Cloud. */
export const connectGcp = async (t: Cleanup, gce: Gce, options: PxOptions = {}): Promise<Px> => {
  const px = usePx(t, {
    settings: { gcpUrl: gce.url, ...options.settings },
    env: { GOOGLE_CLOUD_PROJECT: gce.project, ...options.env },
  });
  mkdirSync(join(px.home, 'cache'), { mode: 0o700 });
  symlinkSync(packed, join(px.home, 'cache', 'machines'));
  const path = join(px.folder, 'credentials.json');
  const subject = join(px.folder, 'subject-token');
  writeFileSync(subject, 'subject');
  writeFileSync(path, credentials(gce.url, subject));
  Object.assign(px.env, { GOOGLE_APPLICATION_CREDENTIALS: path });
  const offers = px.write('offers.csv', `${priceList(gce)}\n`);
  await px.ok(['pricing', 'import', offers]);
  return px;
};

/** A px with an account in an emulated Google Cloud whose machines are real, at so many times its prices. */
export const useGcp = async (
  t: Cleanup,
  factor = 1,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<{ px: Px; gce: Gce }> => {
  const gce = await startGce(t, { real: true });
  for (const type of gce.types.values()) {
    type.price *= factor;
    type.spotPrice *= factor;
  }
  return { px: await connectGcp(t, gce, { settings }), gce };
};

/** Every machine that the emulated cloud has on paper publishes host keys, and refuses connections. */
const HOST_KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIFDgHjYkzjD5s6PIdrm8s';

/** An emulated Google Cloud whose machines are entries of its books: none is ever reached. */
export const startPaperGce = async (t: Cleanup): Promise<Gce> => {
  const gce = await startGce(t);
  gce.addresses.outside = '127.9.9.';
  const timer = setInterval(() => {
    for (const vm of gce.vms.values()) {
      if (vm.status === 'RUNNING') vm.guestAttributes.set('hostkeys/ssh-ed25519', HOST_KEY);
    }
  }, 5);
  t.after(() => clearInterval(timer));
  return gce;
};

/** The cloud has let go of a machine a moment before px hears of it. */
const HEARD_MS = 10_000;

/** What px says that it has spent is what the cloud's own books say, to a hundredth of a cent for each machine. */
export const assertSameCost = async (px: Px, gce: Gce): Promise<void> => {
  const machines = new Set(gce.books.entries.map(({ vm }) => vm)).size;
  let words = '';
  const isSame = async (): Promise<boolean> => {
    const { totalUsd } = await px.api().call('costs');
    const books = gce.books.total(Date.now());
    words = `px says ${totalUsd}, the cloud ${books} for ${machines} machines`;
    return Math.abs(totalUsd - books) <= 0.0001 * machines;
  };
  await until('the costs are the same', isSame, HEARD_MS).catch(() => assert.fail(words));
};

/** By the cloud's own books nothing costs money any more, and nothing that px made stands there. */
export const assertNothingLeft = (gce: Gce): void => {
  assert.deepEqual(gce.books.running(), []);
  assert.deepEqual([...gce.vms.keys()], []);
  assert.deepEqual([...gce.firewalls.keys()], []);
  assert.deepEqual(gce.problems, []);
};
