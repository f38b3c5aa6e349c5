import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Gce } from '../../emulators/gce/start.ts';
import { signal, sleep, until } from '../../helpers/processes.ts';
import type { Px, Running } from '../../helpers/px-process.ts';

/** A px with an account in an emulated cloud, which is used for one command after the other. */
export interface Stage {
  px: Px;
  gce: Gce;
  /** Machines are Linux hosts, or entries of the books which no worker ever joins from. */
  real: boolean;
  /** The control plane reads there where it is to die. */
  faultFile: string;
}

/** Where the control plane is killed: at the count-th request to the cloud, or commit of its database. */
export interface Point {
  of: 'request' | 'write';
  moment: 'before' | 'after';
  count: number;
  /** The px that waits is killed, too. */
  both: boolean;
}

/** A px command that is killed at every point. */
export interface Command {
  words: readonly string[];
  /** What is there before it. */
  prepare(stage: Stage): Promise<void>;
  /** How many machines are there as it ends; 0 where none is. */
  machines: number;
}

const pointWords = ({ of, moment, count, both }: Point): string =>
  `${both ? 'both' : 'the control plane'} killed ${moment} ${of} ${count}`;

interface Armed {
  struck(): boolean;
  disarm(): void;
}

/** Kills before the emulator carries the request out, or before it answers. */
const armRequests = ({ px, gce }: Stage, point: Point, kill: () => void): Armed => {
  const from = gce.served;
  let isStruck = false;
  gce.watch = (moment, { serial }) => {
    if (isStruck || moment !== point.moment || serial - from !== point.count) return false;
    isStruck = true;
    signal(px.server().pid, 'SIGKILL');
    kill();
    return true;
  };
  const disarm = (): void => {
    gce.watch = null;
  };
  return { struck: () => isStruck, disarm };
};

/** The control plane kills itself; what waits for it follows. */
const armWrites = (
  { faultFile: file }: Stage,
  { moment, count }: Point,
  kill: () => void,
): Armed => {
  writeFileSync(file, `${moment}-write:${count}`);
  let isOver = false;
  let isStruck = false;
  const look = async (): Promise<void> => {
    while (!isOver && existsSync(file)) await sleep(2);
    if (isOver) return;
    isStruck = true;
    kill();
  };
  void look();
  const disarm = (): void => {
    isOver = true;
    rmSync(file, { force: true });
  };
  return { struck: () => isStruck, disarm };
};

/** Whether host keys of so many machines were asked for and told: after that, paper machines are left alone. */
const watchReached = (gce: Gce, { machines }: Command): (() => boolean) => {
  const from = gce.calls.length;
  return () => {
    const vms = [...gce.vms.values()];
    const isTold = vms.every(({ guestAttributes }) => guestAttributes.size > 0);
    const isAsked = gce.calls.slice(from).includes('Instances.GetGuestAttributes');
    return machines > 0 && vms.length === machines && isTold && isAsked;
  };
};

const namesOf = ({ gce }: Stage): string[] => [...gce.vms.values()].map(({ name }) => name).sort();

/** What px knows, by the machines' names; empty where there is no such cluster. */
const known = async ({ px }: Stage): Promise<string[]> => {
  const { items } = await px.api().call('clusters');
  return items.flatMap(({ name, nodes }) =>
    nodes.filter(({ state }) => state !== 'terminated').map(({ id }) => `px-${name}-${id}`),
  );
};

/** By the emulator's own books: nothing runs of which px does not know. */
const assertAllKnown = async (stage: Stage, words: string): Promise<void> => {
  const names = await known(stage);
  const strays = namesOf(stage).filter((name) => !names.includes(name));
  assert.deepEqual(strays, [], `${words}: px knows of every machine`);
  const paid = stage.gce.books.running().map(({ vm }) => vm);
  assert.deepEqual(
    paid.filter((vm) => !names.includes(vm)),
    [],
    `${words}: and of what costs`,
  );
};

const isEmpty = ({ gce }: Stage): boolean =>
  gce.vms.size === 0 && gce.firewalls.size === 0 && gce.books.running().length === 0;

const WAIT_MS = 60_000;

/** What is shown of the log and of the calls where something is left. */
const LOG_BYTES = 3000;
const CALLS = 30;

/** Nothing is left there at all. */
const awaitEmpty = (stage: Stage, words: string): Promise<unknown> =>
  until(`${words}: nothing is left`, () => isEmpty(stage), WAIT_MS).catch((cause: unknown) => {
    const { gce, px } = stage;
    const left = [namesOf(stage), [...gce.firewalls.keys()], gce.books.running()];
    const log = readFileSync(join(px.home, 'server.log'), 'utf8').slice(-LOG_BYTES);
    throw new Error(`Left: ${JSON.stringify(left)}\n${gce.calls.slice(-CALLS).join(' ')}\n${log}`, {
      cause,
    });
  });

/** Its `up` had been seen to its end before the kill: it stays. */
const isKept = ({ home }: Px): boolean => {
  const db = new Database(join(home, 'px.db'), { readonly: true });
  try {
    const finished = "SELECT 1 FROM clusters WHERE state = 'up' AND finished_at IS NOT NULL";
    return db.prepare(finished).get() !== undefined;
  } finally {
    db.close();
  }
};

const down = (px: Px) => px.run(['cluster', 'down', 'jpg', '--force'], { timeoutMs: WAIT_MS });

/** The px that waits goes on by itself, or is interrupted where it would wait for ever. */
const letGoOn = async (
  stage: Stage,
  command: Command,
  running: Running,
  { words, struck }: { words: string; struck: boolean },
): Promise<void> => {
  const isDown = command.words.includes('down');
  if (!stage.real && !isDown) {
    const isReached = watchReached(stage.gce, command);
    const isOver = () => running.child.exitCode !== null;
    const isAsked = () => !struck || isOver() || isReached();
    await until(`${words}: it goes on`, isAsked, WAIT_MS);
    signal(running.pid, 'SIGINT');
  }
  const { status, stderr } = await running.ended(WAIT_MS);
  const expected = stage.real || isDown ? 0 : 130;
  assert.equal(status, expected, stderr);
};

/**
 * Runs the command and kills at the point. Then one px command, a bounded wait, and `px cluster down`:
 * nothing is there that px does not know of, and then nothing at all. Returns whether the point was
 * passed at all: a command that ended before it has no further ones.
 */
export const runWithKill = async (
  stage: Stage,
  command: Command,
  point: Point,
): Promise<boolean> => {
  const { px, gce } = stage;
  const words = `${command.words.slice(0, 2).join(' ')}, ${pointWords(point)}`;
  // One that has just started knows nothing yet: neither a token nor an image.
  const before = px.serves();
  if (before !== undefined) signal(before.pid, 'SIGKILL');
  await command.prepare(stage);
  const isReached = watchReached(gce, command);
  let running: Running | undefined;
  const kill = (): void => {
    if (point.both && running !== undefined) signal(running.pid, 'SIGKILL');
  };
  const armed = (point.of === 'request' ? armRequests : armWrites)(stage, point, kill);
  running = px.start(command.words);
  const { child } = running;
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const isDone = () => !stage.real && isReached();
  await until(`${words}: it strikes, or it is done`, () => armed.struck() || isOver() || isDone());
  const struck = armed.struck();
  const tooEarly = `${words}: it ended before it came there: ${running.stderr()}`;
  assert.ok(struck || !isOver() || child.exitCode === 0, tooEarly);
  armed.disarm();
  if (point.both) {
    signal(running.pid, 'SIGKILL');
    await running.ended();
  } else {
    await letGoOn(stage, command, running, { words, struck });
  }
  // The next px command: one that waited may have had its answer just before the kill, where it came so far.
  if (point.both || stage.real) await px.ok(['cluster', 'ls']);
  await assertAllKnown(stage, words);
  const isForgotten = command.words.includes('up') && (point.both || !stage.real) && !isKept(px);
  if (!isForgotten) {
    const ended = await down(px);
    assert.ok(ended.status === 0 || /no cluster jpg/.test(ended.stderr), ended.stderr);
    assert.ok(isEmpty(stage), `${words}: down leaves nothing`);
  }
  await awaitEmpty(stage, words);
  const isDown = async () => (await px.api().call('clusters')).items.length === 0;
  await until(`${words}: its name is free`, isDown, WAIT_MS);
  assert.deepEqual(gce.problems, []);
  return struck;
};
