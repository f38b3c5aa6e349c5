import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Case } from '../case.ts';

const files = (quick: boolean): number => (quick ? 200 : 5000);
const PER_FOLDER = 100;

const makeRepository = async (bench: Bench): Promise<string> => {
  const folder = await bench.folder('warm');
  for (let file = 0; file < files(bench.quick); file++) {
    const part = join(folder, `part${Math.floor(file / PER_FOLDER)}`);
    if (file % PER_FOLDER === 0) await mkdir(part);
    await writeFile(join(part, `file${file}.txt`), `file ${file}\n`.repeat(20));
  }
  await bench.run(['git', 'init', '-q'], { cwd: folder });
  await bench.run(['git', 'add', '-A'], { cwd: folder });
  return folder;
};

/** `px run true`, unchanged repository: from Enter to exit. */
export const warm: Case = {
  name: 'warm',
  run: async (bench) => {
    const folder = await makeRepository(bench);
    const px = [bench.px, 'run', 'true'];
    // Twice untimed: the first uploads, the second finds the pool of the node filled.
    await bench.run(px, { cwd: folder });
    await bench.run(px, { cwd: folder });
    const ms = await bench.median(px, { cwd: folder });
    const goal = '< 400 ms';
    const note = `${files(bench.quick)} files, unchanged`;
    const row = { case: 'warm', what: 'px run true', ms, ratio: null, goal, note };
    const node = await bench.median(['node', '-e', '0'], { cwd: folder });
    return [
      row,
      { case: 'warm', what: 'node -e 0', ms: node, ratio: ms / node, goal: '', note: '' },
    ];
  },
};
