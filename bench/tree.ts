import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './case.ts';

const PER_FOLDER = 100;

/** A git repository of so many small files, a hundred a folder. */
export const makeTree = async (bench: Bench, files: number): Promise<string> => {
  const folder = await bench.folder('tree');
  for (let file = 0; file < files; file++) {
    const part = join(folder, `part${Math.floor(file / PER_FOLDER)}`);
    if (file % PER_FOLDER === 0) await mkdir(part);
    await writeFile(join(part, `file${file}.txt`), `file ${file}\n`.repeat(20));
  }
  await bench.run(['git', 'init', '-q'], { cwd: folder });
  await bench.run(['git', 'add', '-A'], { cwd: folder });
  return folder;
};

/** The first file of such a tree. */
export const FIRST_FILE = 'part0/file0.txt';
