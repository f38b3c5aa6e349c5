import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PxError } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';
import type { Facts } from './facts.ts';
import type { Link } from './link.ts';
import type { Notice } from './notice.ts';
import type { Packed, Runtime } from './runtime.ts';
import { RECEIVE } from './scripts/receive.ts';
import { START } from './scripts/start.ts';

/** The oldest Node that runs the worker, as package.json has it. */
const NODE_OLDEST = [22, 18] as const;
/** 10 minutes: 45 MB at 80 kB/s. */
const SHIP_MS = 600_000;
/** 2 minutes: the worker's 250 kB travel with it, to 16 machines at a time. */
const START_MS = 120_000;
/** 400 MB: Node, its packed copy on the way, and some room for a job. */
const FREE_MIN_BYTES = 400e6;

/** A day: a worker whose control plane is gone for good leaves by itself. One that comes back starts it anew. */
const ALONE_MS = 86_400_000;

/** What the worker learns at its start, beside where its control plane is. */
interface WorkerOrder {
  nodeId: string;
  /** 0: as many as the machine has. */
  slots: number;
  joinToken: string;
  /** What it watches, to hear that its machine is taken back. */
  notice?: Notice | undefined;
}

interface Deps {
  clock: Clock;
  runtime: Runtime;
}

/** Milliseconds of each phase, in order. */
export type Phases = Record<string, number>;

const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > NODE_OLDEST[0] || (major === NODE_OLDEST[0] && minor >= NODE_OLDEST[1]);
};

const refuse = (name: string, message: string, hint: string): PxError =>
  new PxError('provider_refused', `${name}: ${message}`, { hint });

const checkMachine = (name: string, facts: Facts): void => {
  if (facts.os !== 'Linux') {
    const message = `Expected a machine with Linux, got \`${facts.os}\`.`;
    throw refuse(name, message, 'Workers run on Linux.');
  }
  if (!facts.has.includes('mkfifo')) {
    throw refuse(name, 'It has no mkfifo.', 'Install coreutils there.');
  }
};

/** The Node that it will run: its own where that is new enough, else the one to ship. */
const chooseNode = async (
  { runtime }: Deps,
  name: string,
  facts: Facts,
): Promise<{ path: string; parcel: Packed | null }> => {
  if (facts.node !== '' && isNewEnough(facts.version)) return { path: facts.node, parcel: null };
  const own = facts.version === '' ? 'no Node' : `Node ${facts.version.replace(/^v/, '')}`;
  const packing = facts.has.includes('zstd') ? 'zstd' : 'gzip';
  const parcel = facts.libc.startsWith('glibc') ? await runtime.node(facts, packing) : null;
  const isFull = facts.freeBytes !== null && facts.freeBytes < FREE_MIN_BYTES;
  if (parcel !== null && !isFull) return { path: `${facts.dir}/rt/node`, parcel };
  const isMusl = !facts.libc.startsWith('glibc');
  const why =
    parcel === null
      ? isMusl
        ? 'there is no official Node for machines without glibc'
        : `there is no official Node for ${facts.os} on ${facts.arch}`
      : `it has ${Math.round((facts.freeBytes ?? 0) / 1e6)} MB free, and px wants ${FREE_MIN_BYTES / 1e6}`;
  throw refuse(
    name,
    `It has ${own}, and ${why}.`,
    `Install Node ${NODE_OLDEST.join('.')} or newer there, in the PATH of ssh${isMusl ? ', such as by: apk add nodejs' : '.'}`,
  );
};

const shipNode = async (link: Link, parcel: Packed | null): Promise<void> => {
  const { dir, have } = link.facts;
  if (parcel === null || have.includes(parcel.sha256)) return;
  const { file, sha256, unpack } = parcel;
  await link.run(RECEIVE, [`${dir}/rt`, 'node', sha256, unpack], { file }, SHIP_MS);
  have.push(sha256);
};

/** Numbers that systemd takes for users of services, and nobody for people. */
const JOB_UID_FIRST = 61_184;
const JOB_UIDS = 4_336;

/** The user of a node's jobs where its worker is root: a number without an account, a node's own. */
const jobUserOf = (nodeId: string): { uid: number; gid: number } => {
  const hash = createHash('sha256').update(nodeId).digest().readUInt32LE();
  const uid = JOB_UID_FIRST + (hash % JOB_UIDS);
  return { uid, gid: uid };
};

/** Tells how long each phase took. */
export const createStopwatch = (clock: Clock): { phases: Phases; mark(name: string): void } => {
  const phases: Phases = {};
  let from = clock.monotonic();
  return {
    phases,
    mark: (name) => {
      const now = clock.monotonic();
      phases[name] = Math.round(now - from);
      from = now;
    },
  };
};

/**
 * Ships what the machine lacks and starts the node's worker there, which ends an earlier one. What it
 * needs to join goes over the connection alone. Throws `provider_refused`.
 *
 * @param port on this machine, where the worker routes are served
 */
export const bootstrap = async (
  deps: Deps,
  link: Link,
  machine: { name: string; port: number },
  order: WorkerOrder,
  mark: (phase: string) => void,
): Promise<void> => {
  const { facts } = link;
  const { nodeId, slots, joinToken, notice } = order;
  checkMachine(machine.name, facts);
  const node = await chooseNode(deps, machine.name, facts);
  mark('prepare');
  const [worker, port] = await Promise.all([
    deps.runtime.worker(),
    link.forward(machine.port),
    shipNode(link, node.parcel),
  ]);
  mark('ship');
  const url = `http://127.0.0.1:${port}`;
  const { dir } = facts;
  const line = {
    dir,
    slots,
    joinToken,
    serverFile: `${dir}/server.json`,
    aloneMs: ALONE_MS,
    notice,
  };
  const bootLine = facts.isRoot ? { ...line, jobUser: jobUserOf(nodeId) } : line;
  const systemd = facts.systemd ? '1' : '0';
  const isThere = facts.have.includes(worker.sha256);
  const args = [nodeId, dir, node.path, url, systemd, isThere ? '' : worker.sha256];
  const program = isThere ? '' : await readFile(worker.file, 'utf8');
  const text = `${JSON.stringify(bootLine)}\n${program}`;
  await link.run(START, args, { text }, START_MS);
  facts.have.push(worker.sha256);
  link.watch(url);
  mark('start');
};
