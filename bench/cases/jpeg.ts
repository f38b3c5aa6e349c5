import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Case } from '../case.ts';

const images = (quick: boolean): number => (quick ? 6 : 1000);
const BATCH = 50;
const SLOTS = 2;

/** Effort 4 keeps the case under a minute and the codec still busy. */
const SETTINGS = 'env:\n  JXL_EFFORT: "4"\n';

const madeFiles = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'images'))).filter((name) => name.endsWith('.jxl')).toSorted();

const fingerprint = async (folder: string): Promise<string> => {
  const hash = createHash('sha256');
  for (const name of await madeFiles(folder)) {
    hash.update(name).update(await readFile(join(folder, 'images', name)));
  }
  return hash.digest('hex');
};

const clean = (folder: string) => async () => {
  for (const name of await madeFiles(folder)) await rm(join(folder, 'images', name));
};

const prepare = async (bench: Bench): Promise<string> => {
  const folder = await bench.folder('jpeg');
  const maker = join(import.meta.dirname, '..', 'make-images.mjs');
  await bench.run(['node', maker, folder, String(images(bench.quick))], {});
  const example = join(import.meta.dirname, '..', '..', 'examples', 'jpg');
  for (const name of ['jpg.mjs', 'package.json', 'package-lock.json', 'px.yaml']) {
    await cp(join(example, name), join(folder, name));
  }
  const config = join(folder, 'px.yaml');
  await writeFile(config, `${await readFile(config, 'utf8')}\n${SETTINGS}`);
  await writeFile(join(folder, '.pxignore'), 'node_modules\n');
  await bench.run(['npm', 'ci', '--omit=dev', '--silent'], { cwd: folder });
  await bench.run(
    [bench.px, 'cluster', 'up', 'bench', '--provider', 'local', '--nodes', '2', '--cpus', '1'],
    {
      cwd: folder,
    },
  );
  return folder;
};

/** Real pictures on a 2-node cluster against xargs with the same -n and -P, and a sequential run. */
export const jpeg: Case = {
  name: 'jpeg',
  run: async (bench) => {
    const folder = await prepare(bench);
    const batch = String(bench.quick ? 3 : BATCH);
    const program = ['sh', '-c'];
    const xargs = `JXL_EFFORT=4 xargs -d '\\n' -a images.txt -n ${batch} -P ${SLOTS} node jpg.mjs`;
    const sequential = `JXL_EFFORT=4 xargs -d '\\n' -a images.txt node jpg.mjs`;
    const px = [
      bench.px,
      'run',
      'node jpg.mjs',
      '--cluster',
      'bench',
      '--args-file',
      'images.txt',
      '-n',
      batch,
    ];
    const at = { cwd: folder, prepare: clean(folder) };

    await bench.run([...program, sequential], at);
    const expected = await fingerprint(folder);
    await clean(folder)();
    // Once untimed: setup runs once per node, as xargs' npm ci did.
    await bench.run(px, at);
    const pxMs = await bench.median(px, at);
    const same = (await fingerprint(folder)) === expected;
    const xargsMs = await bench.median([...program, xargs], at);
    await bench.run([bench.px, 'cluster', 'down', 'bench', '--force', '-y'], at);
    const goal = '<= 1.15 x xargs';
    const note = `${images(bench.quick)} pictures, files ${same ? 'equal' : 'DIFFERENT FROM'} the sequential run`;
    return [
      { case: 'jpeg', what: 'px', ms: pxMs, ratio: null, goal, note },
      {
        case: 'jpeg',
        what: `xargs -n${batch} -P${SLOTS}`,
        ms: xargsMs,
        ratio: pxMs / xargsMs,
        goal,
        note: '',
      },
    ];
  },
};
