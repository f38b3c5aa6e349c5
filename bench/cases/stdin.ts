import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bench, Case } from '../case.ts';
import { type Own, ownRow, rivalRow } from '../rivals.ts';
import { writeFrom } from '../world.ts';

const SLOTS = '2';

const sumOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

const parallelOf = async (bench: Bench, folder: string): Promise<number | null> => {
  if (!(await bench.has('parallel'))) return null;
  const command = ['parallel', '--pipe', '--block', '4M', `-j${SLOTS}`, 'cat'];
  const at = { cwd: folder, stdin: join(folder, 'input'), stdout: join(folder, 'rival') };
  return await bench.median(command, at);
};

/** Lines on stdin, through `cat`, to a file: every byte passes the control plane twice. */
export const stdin: Case = {
  name: 'stdin',
  run: async (bench) => {
    const lines = bench.quick ? 200_000 : 5_000_000;
    const folder = await bench.folder('stdin');
    const [input, output] = [join(folder, 'input'), join(folder, 'output')];
    await writeFrom(['seq', String(lines)], input);
    const px = [bench.px, 'run', 'cat', '--stdin-file', 'input', '-p', SLOTS, '--order'];
    const at = { cwd: folder, stdout: output };
    await bench.run(px, at);
    const same = (await sumOf(output)) === (await sumOf(input));
    const own: Own = {
      case: 'stdin',
      what: 'px run cat, 2 slots',
      ms: await bench.median(px, at),
      goal: '<= 2 x parallel',
      note: `${lines} lines, output ${same ? 'equal' : 'NOT EQUAL'} to the input`,
    };
    const parallel = await parallelOf(bench, folder);
    return [ownRow(own), rivalRow(own, `parallel --pipe --block 4M -j${SLOTS}`, parallel)];
  },
};
