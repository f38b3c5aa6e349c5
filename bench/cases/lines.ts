import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Case, Row } from '../case.ts';
import { writeFrom } from '../world.ts';

const MIB = 1 << 20;

const memory = async (bench: Bench): Promise<string> =>
  Object.entries(await bench.peaks())
    .map(([role, peak]) => `${role} ${Math.round(peak / MIB)} MB`)
    .join(', ');

const counted = async (bench: Bench, lines: number): Promise<Row> => {
  const folder = await bench.folder('lines');
  await bench.peaks();
  const input = join(folder, 'input');
  const output = join(folder, 'output');
  await writeFrom(['seq', String(lines)], input);
  await bench.peaks();
  const px = [bench.px, 'run', 'wc -l', '--stdin-file', 'input', '-n', '100000'];
  const { ms } = await bench.run(px, { cwd: folder, stdout: output });
  const sums = (await readFile(output, 'utf8')).trim().split('\n').map(Number);
  const sum = sums.reduce((total, count) => total + count, 0);
  const note = `-n 100000, sum ${sum}; peak ${await memory(bench)}`;
  return {
    case: 'lines',
    what: `px, wc -l, ${lines} lines`,
    ms,
    ratio: null,
    goal: 'server < 300 MB, others < 150 MB',
    note,
  };
};

const invoked = async (bench: Bench, lines: number): Promise<Row> => {
  const folder = await bench.folder('lines');
  await writeFrom(['seq', String(lines)], join(folder, 'input'));
  await bench.peaks();
  const px = [bench.px, 'run', 'true {}', '--args-file', 'input', '-n', '1'];
  const { ms } = await bench.run(px, { cwd: folder });
  const rate = Math.round(lines / (ms / 1000));
  const note = `${rate}/s; peak ${await memory(bench)}`;
  return {
    case: 'lines',
    what: `px, true {}, ${lines} lines`,
    ms,
    ratio: null,
    goal: 'server < 300 MB, others < 150 MB',
    note,
  };
};

/** A million and ten million lines in blocks, a million one by one: memory is bounded by what is in flight. */
export const lines: Case = {
  name: 'lines',
  run: async (bench) => [
    await counted(bench, bench.quick ? 100_000 : 1_000_000),
    await counted(bench, bench.quick ? 300_000 : 10_000_000),
    await invoked(bench, bench.quick ? 200 : 1_000_000),
  ],
};
