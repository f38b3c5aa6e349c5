import { assertNothingLeft, useGcp } from '../../test/scenarios/support/gcp.ts';
import type { Bench, Case, Row } from '../case.ts';
import { now } from '../clock.ts';
import { middle } from '../figures.ts';
import { type Own, ownRow } from '../rivals.ts';

const BOOT_MS = 20_000;

/** One size of cluster: what is wanted, and how long its machines take to boot. */
interface Size {
  nodes: number;
  bootMs: number;
  goal: string;
}

const SIZES: readonly Size[] = [
  { nodes: 1, bootMs: 0, goal: '< 3 s' },
  { nodes: 8, bootMs: 0, goal: '< 6 s' },
  { nodes: 1, bootMs: BOOT_MS, goal: '< 2 s beside the boot' },
];

/** What undoes the world of one size, last made first. */
const createCleanup = () => {
  const undo: (() => void | Promise<void>)[] = [];
  return {
    after: (work: () => void | Promise<void>): void => void undo.push(work),
    close: async (): Promise<void> => {
      for (const work of undo.reverse()) await work();
    },
  };
};

/** The slowest node of each phase, as `up -v` prints them. */
const phasesIn = (words: string): string => {
  const phases = new Map<string, number>();
  for (const [, name = '', ms] of words.matchAll(/[:,] (\w+) (\d+) ms/g)) {
    phases.set(name, Math.max(phases.get(name) ?? 0, Number(ms)));
  }
  return [...phases].map(([name, ms]) => `${name} ${ms}`).join(', ');
};

const measure = async (bench: Bench, { nodes, bootMs, goal }: Size): Promise<Row> => {
  const cleanup = createCleanup();
  try {
    const { px, gce } = await useGcp(cleanup);
    gce.delays.bootMs = bootMs;
    const times: number[] = [];
    let phases = '';
    for (let round = 0; round < bench.rounds; round++) {
      const words = ['--provider', 'gcp', '--nodes', String(nodes), '-v'];
      const from = now();
      const up = await px.ok(['cluster', 'up', 'bench', ...words]);
      times.push(now() - from - bootMs);
      phases = phasesIn(up.stderr);
      await px.ok(['cluster', 'down', 'bench', '--force']);
    }
    assertNothingLeft(gce);
    const boot = bootMs === 0 ? 'at once' : `in ${bootMs / 1000} s, which are taken off`;
    const first = `the first ${Math.round(times[0] ?? 0)} ms`;
    const own: Own = {
      ...{
        case: 'cluster',
        what: `px cluster up, ${nodes} VM${nodes === 1 ? '' : 's'}, boot ${boot}`,
      },
      ...{ ms: middle(times), goal, note: `${first}; slowest node, ms: ${phases}` },
    };
    return ownRow(own);
  } finally {
    await cleanup.close();
  }
};

const missing: Row = {
  ...{ case: 'cluster', what: 'px cluster up', ms: null, ratio: null, goal: '< 3 s' },
  note: 'makes network namespaces: root and CI=true',
};

/** From Enter to a cluster whose nodes have all claimed, on machines that hold no Node. */
export const cluster: Case = {
  name: 'cluster',
  run: async (bench): Promise<Row[]> => {
    if (process.env.CI !== 'true' || process.getuid?.() !== 0) return [missing];
    const rows: Row[] = [];
    for (const size of bench.quick ? SIZES.slice(0, 1) : SIZES)
      rows.push(await measure(bench, size));
    return rows;
  },
};
