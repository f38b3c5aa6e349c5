import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startGce } from '../../emulators/gce/start.ts';
import { until } from '../../helpers/processes.ts';
import { assertSameCost, connectGcp, startPaperGce } from './gcp.ts';
import { type Command, type Point, runWithKill, type Stage } from './kills.ts';

/**
 * `1`: every point of every command, with real machines too, instead of some that take a minute.
 * `resize,down`: the same of these commands; `resize:write`: of its commits alone.
 */
const CHOSEN = process.env.PX_LONG ?? '';
export const LONG = CHOSEN !== '';
/** A px that is silent for so long has lost its cluster: short where nobody is to come back. */
const UNATTENDED_MS = 1500;

/** The emulated cloud lists at once. */
const SETTLE_MS = 300;

const useStage = async (t: TestContext, real: boolean, both: boolean): Promise<Stage> => {
  const gce = real ? await startGce(t, { real }) : await startPaperGce(t);
  const file = join(tmpdir(), `px-fault-${process.pid}-${gce.url.split(':').at(-1)}`);
  const env = { PX_FAULT_FILE: file };
  const settings = { settleMs: SETTLE_MS, ...(both ? { unattendedMs: UNATTENDED_MS } : {}) };
  const px = await connectGcp(t, gce, { settings, env });
  return { px, gce, real, faultFile: file };
};

const NODES = ['--provider', 'gcp', '--nodes'];
const UP: Command = {
  words: ['cluster', 'up', 'jpg', ...NODES, '1'],
  prepare: async () => undefined,
  machines: 1,
};

/** A cluster of one node that nobody waits for. */
const bringUp = async ({ px, gce, real }: Stage): Promise<void> => {
  if (real) return void (await px.ok(UP.words));
  const spec = {
    ...{ provider: 'gcp' as const, nodes: 1, cpusPerNode: 2 },
    ...{ idleTimeoutMs: 900_000, maxLifetimeMs: 86_400_000 },
  };
  const access = { env: { ...px.env } };
  await px.ok(['cluster', 'ls']);
  await px.api().call('clusterUp', { json: { name: 'jpg', spec, access } });
  const isAsked = () => gce.calls.at(-1) === 'Instances.GetGuestAttributes';
  await until('its machine is reached', () => gce.vms.size === 1 && isAsked());
};

const RESIZE: Command = {
  words: ['cluster', 'resize', 'jpg', '--nodes', '2'],
  prepare: bringUp,
  machines: 2,
};
const DOWN: Command = {
  words: ['cluster', 'down', 'jpg', '--force'],
  prepare: bringUp,
  machines: 0,
};

/** Points of one command, of which every `step`th is taken from `first` on. */
interface Series extends Omit<Point, 'count'> {
  command: Command;
  first: number;
  step: number;
}

/** An hour in which nothing is heard tells nobody where it stands. */
const tell = (words: string): void => {
  if (LONG) process.stderr.write(`${words}\n`);
};

/** Strikes at one point after the other, until the command has no further one. */
const strikeAll = async (stage: Stage, { command, first, step, ...point }: Series) => {
  let strikes = 0;
  for (let count = first; ; count += step) {
    tell(`${command.words[1]}: ${point.moment} ${point.of} ${count}`);
    if (!(await runWithKill(stage, command, { ...point, count }))) return strikes;
    strikes += 1;
  }
};

const MOMENTS = ['before', 'after'] as const;
const COMMANDS = [UP, RESIZE, DOWN];
const isChosen = ({ words }: Command, of: Point['of']): boolean => {
  const [, name = ''] = words;
  return CHOSEN.split(',').some((one) => ['1', name, `${name}:${of}`].includes(one));
};
const ALL = { first: 1, step: 1 };

/** Every point of every command. */
const everything = (both: boolean): Series[] =>
  COMMANDS.flatMap((command) =>
    (['request', 'write'] as const)
      .filter((of) => isChosen(command, of))
      .flatMap((of) => MOMENTS.map((moment) => ({ command, of, moment, both, ...ALL }))),
  );

const odd = { first: 1, step: 2 };
const even = { first: 2, step: 2 };

/** Points of `up`, all of them where the control plane dies alone, and some of the others. */
const some = (both: boolean): Series[] =>
  both
    ? [
        { command: UP, of: 'request', moment: 'before', both, first: 1, step: 5 },
        { command: UP, of: 'request', moment: 'after', both, first: 3, step: 5 },
        { command: UP, of: 'write', moment: 'after', both, ...odd },
        { command: DOWN, of: 'request', moment: 'before', both, first: 2, step: 7 },
      ]
    : [
        { command: UP, of: 'request', moment: 'before', both, ...even },
        { command: UP, of: 'request', moment: 'after', both, ...odd },
        { command: UP, of: 'write', moment: 'before', both, ...odd },
        { command: UP, of: 'write', moment: 'after', both, ...even },
        { command: RESIZE, of: 'request', moment: 'before', both, first: 3, step: 9 },
      ];

/** What `up` does with one machine takes so many requests at least; more where it asks more often. */
const UP_REQUESTS = 10;

/** Runs the command again and again, and kills at another point each time. */
export const killAtAll = async (
  t: TestContext,
  { real, both }: { real: boolean; both: boolean },
) => {
  const stage = await useStage(t, real, both);
  for (const series of LONG ? everything(both) : some(both)) {
    const strikes = await strikeAll(stage, series);
    const { command, of, moment, step } = series;
    t.diagnostic(`${command.words[1]}: ${moment} ${strikes} ${of}s`);
    const least = of === 'request' && command === UP ? UP_REQUESTS / step : 1;
    await assertSameCost(stage.px, stage.gce);
    assert.ok(strikes >= least, `${command.words[1]}: ${strikes} times ${moment} a ${of}`);
  }
};
