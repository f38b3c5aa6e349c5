import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Case, Row } from '../case.ts';
import { type Own, ownRow, rivalRow } from '../rivals.ts';
import { startSshd } from '../sshd.ts';

const MB = 1e6;
const BYTES = 1e9;
const QUICK_BYTES = 20e6;

const rate = (bytes: number, ms: number): string => `${Math.round(bytes / MB / (ms / 1000))} MB/s`;

const throughSsh = async (bench: Bench, folder: string, source: string): Promise<number | null> => {
  const ssh = await startSshd(bench);
  if (ssh === null) return null;
  try {
    return await bench.median([...ssh.command, source], {
      cwd: folder,
      stdout: join(folder, 'ssh'),
    });
  } finally {
    await ssh.close();
  }
};

/** Much output of one process, to a file. */
export const bytes: Case = {
  name: 'bytes',
  run: async (bench): Promise<Row[]> => {
    const size = bench.quick ? QUICK_BYTES : BYTES;
    const folder = await bench.folder('bytes');
    // Made once: what is measured is how its bytes travel.
    await bench.run(
      ['sh', '-c', `yes 'a line of output, as programs print it' | head -c ${size} > big`],
      {
        cwd: folder,
      },
    );
    const source = `cat ${join(folder, 'big')}`;
    const work = await bench.folder('bytes-empty');
    const output = join(folder, 'output');
    const px = [bench.px, 'run', '--', 'cat', join(folder, 'big')];
    await bench.run([bench.px, 'run', 'true'], { cwd: work });
    const ms = await bench.median(px, { cwd: work, stdout: output });
    const whole = (await stat(output)).size === size ? '' : '; OUTPUT IS NOT WHOLE';
    const own: Own = {
      case: 'bytes',
      what: `px run cat, ${size / MB} MB`,
      ms,
      goal: '>= 120 MB/s',
      note: `${rate(size, ms)}${whole}`,
    };
    const pipe = await bench.median(['sh', '-c', 'cat big | cat > piped'], { cwd: folder });
    const ssh = await throughSsh(bench, folder, source);
    return [
      ownRow(own),
      rivalRow(own, 'cat | cat', pipe, rate(size, pipe)),
      rivalRow(own, 'ssh localhost cat', ssh, ssh === null ? '' : rate(size, ssh)),
    ];
  },
};
