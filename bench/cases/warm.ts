import type { Bench, Case, Row } from '../case.ts';
import { type Own, ownRow, rivalRow } from '../rivals.ts';
import { startSshd } from '../sshd.ts';
import { makeTree } from '../tree.ts';

const SMALL_FILES = 10;
const LARGE_FILES = 5000;
const QUICK_FILES = 200;

const timed = async (bench: Bench, files: number, goal: string): Promise<Own> => {
  const folder = await makeTree(bench, files);
  const px = [bench.px, 'run', 'true'];
  // Twice untimed: the first uploads, the second finds the pool of the node filled.
  await bench.run(px, { cwd: folder });
  await bench.run(px, { cwd: folder });
  const ms = await bench.median(px, { cwd: folder });
  return { case: 'warm', what: `px run true, ${files} files`, ms, goal, note: 'unchanged' };
};

const throughSsh = async (bench: Bench): Promise<number | null> => {
  const ssh = await startSshd(bench);
  if (ssh === null) return null;
  try {
    return await bench.median([...ssh.command, 'true'], {});
  } finally {
    await ssh.close();
  }
};

/** `px run true`, unchanged repository: from Enter to exit. */
export const warm: Case = {
  name: 'warm',
  run: async (bench): Promise<Row[]> => {
    const small = await timed(bench, SMALL_FILES, '<= 0.5 x ssh');
    const large = await timed(bench, bench.quick ? QUICK_FILES : LARGE_FILES, '< 400 ms');
    const node = await bench.median(['node', '-e', '0'], {});
    const parallel = (await bench.has('parallel'))
      ? await bench.median(['parallel', 'true', ':::', '1'], {})
      : null;
    return [
      ownRow(small),
      rivalRow(small, 'ssh localhost true', await throughSsh(bench)),
      rivalRow(small, 'parallel true ::: 1', parallel),
      rivalRow(small, 'node -e 0', node),
      ownRow(large),
    ];
  },
};
