import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Case, Row } from '../case.ts';
import { writeFrom } from '../world.ts';

/** One line on each stream. */
const BOTH = '#!/bin/sh\necho "out $1"\necho "err $1" >&2\n';

interface Work {
  case: string;
  /** What px runs, each with the ratio to xargs that is wanted of it. */
  px: readonly { command: readonly string[]; goal: string }[];
  program: string;
}

const WORKS: readonly Work[] = [
  {
    case: 'invocations, /bin/true',
    px: [
      { command: ['/bin/true {}'], goal: '<= 1.2 x xargs, <= 0.25 x parallel' },
      { command: ['true', '-n', '1'], goal: '<= 1.2 x xargs' },
    ],
    program: '/bin/true',
  },
  {
    case: 'invocations, a line on each stream',
    px: [{ command: ['./both {}'], goal: '<= 1.3 x xargs' }],
    program: './both',
  },
];

/** Keeps what a program prints off the bench's own pipes, as px's output is kept off them. */
const toFiles = (command: string): readonly string[] => ['sh', '-c', `${command} >out 2>err`];

const rivalsOf = (program: string) => [
  { name: 'xargs -P2 -n1', needs: 'xargs', command: `xargs -P2 -n1 ${program} <lines` },
  { name: 'parallel -j2', needs: 'parallel', command: `parallel -j2 ${program} <lines` },
];

const measure = async (bench: Bench, cwd: string, work: Work, lines: number): Promise<Row[]> => {
  const note = `${lines} invocations, 2 slots`;
  const times: { what: string; ms: number; goal: string }[] = [];
  for (const { command, goal } of work.px) {
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const line = `'${bench.px}' run ${quoted} --args-file lines`;
    times.push({
      what: `px run ${quoted}`,
      ms: await bench.median(toFiles(line), { cwd }),
      goal,
    });
  }
  const rows: Row[] = times.map((each) => ({ ...each, case: work.case, ratio: null, note }));
  const first = times[0]?.ms ?? 0;
  for (const { name, needs, command } of rivalsOf(work.program)) {
    const row = { case: work.case, what: name, goal: '' };
    if (!(await bench.has(needs))) {
      rows.push({ ...row, ms: null, ratio: null, note: `${needs} is not installed` });
      continue;
    }
    const ms = await bench.median(toFiles(command), { cwd });
    const others = times.slice(1).map((each) => `${each.what} ${(each.ms / ms).toFixed(2)} x`);
    rows.push({ ...row, ms, ratio: first / ms, note: others.join(', ') });
  }
  return rows;
};

/** Processes that do next to nothing, one for each line: px against what starts them on one machine. */
export const invocations: Case = {
  name: 'invocations',
  run: async (bench) => {
    const lines = bench.quick ? 200 : 5000;
    const cwd = await bench.folder('invocations');
    await writeFrom(['seq', String(lines)], join(cwd, 'lines'));
    await writeFile(join(cwd, 'both'), BOTH, { mode: 0o755 });
    await bench.run([bench.px, 'run', 'true'], { cwd });
    const rows: Row[] = [];
    for (const work of WORKS) rows.push(...(await measure(bench, cwd, work, lines)));
    return rows;
  },
};
