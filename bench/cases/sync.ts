import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Case, Row } from '../case.ts';
import { type Own, ownRow, rivalRow } from '../rivals.ts';
import { startSshd } from '../sshd.ts';
import { FIRST_FILE, makeTree } from '../tree.ts';

const RIVAL = 'rsync -a + ssh true';

/** What it takes to copy the changes over ssh and then start something there. */
const throughRsync = async (
  bench: Bench,
  folder: string,
  prepare: () => Promise<void>,
): Promise<{ ms: number | null; note: string }> => {
  if (!(await bench.has('rsync'))) return { ms: null, note: 'rsync is not installed here' };
  const ssh = await startSshd(bench);
  if (ssh === null) return { ms: null, note: 'sshd is not installed here' };
  try {
    const copy = await bench.folder('sync-copy');
    await mkdir(join(copy, 'tree'));
    const host = ssh.command.at(-1) ?? '';
    const shell = ssh.command.slice(0, -1).join(' ');
    const rsync = `rsync -a --delete -e '${shell}' ./ ${host}:${copy}/tree/`;
    const command = ['sh', '-c', `${rsync} && ${ssh.command.join(' ')} true`];
    await bench.run(command, { cwd: folder });
    return { ms: await bench.median(command, { cwd: folder, prepare }), note: '' };
  } finally {
    await ssh.close();
  }
};

/** The second run of a tree in which one file was changed. */
export const sync: Case = {
  name: 'sync',
  run: async (bench): Promise<Row[]> => {
    const files = bench.quick ? 200 : 5000;
    const folder = await makeTree(bench, files);
    const change = (): Promise<void> => appendFile(join(folder, FIRST_FILE), 'changed\n');
    const px = [bench.px, 'run', 'true'];
    await bench.run(px, { cwd: folder });
    await bench.run(px, { cwd: folder });
    const ms = await bench.median(px, { cwd: folder, prepare: change });
    const note = `${files} files, one changed`;
    const own: Own = { case: 'sync', what: 'px run true', ms, goal: '<= 1.0 x rsync', note };
    const rival = await throughRsync(bench, folder, change);
    return [ownRow(own), rivalRow(own, RIVAL, rival.ms, rival.note)];
  },
};
