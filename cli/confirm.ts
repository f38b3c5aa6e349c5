import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Context } from './context.ts';

type Asker = Pick<Context, 'stdin' | 'output' | 'json' | 'yes'>;

/** Whether there is somebody to ask. */
export const canAsk = (context: Asker): boolean =>
  context.stdin.isTTY === true && context.output.stderrTty && !context.json;

/**
 * Asks a question on the terminal; `-y` answers it, and so does its absence: no. Ctrl-D is a no.
 *
 * @param question without the `[y/N]`
 */
export const confirm = async (context: Asker, question: string): Promise<boolean> => {
  if (context.yes) return true;
  if (!canAsk(context)) return false;
  await context.output.write(2, Buffer.from(`<px> ${question} [y/N] `));
  const lines = createInterface({ input: context.stdin });
  const answer = once(lines, 'line').then(([line]) => String(line));
  const ended = once(lines, 'close').then(() => '');
  try {
    return /^y(es)?$/i.test((await Promise.race([answer, ended])).trim());
  } finally {
    lines.close();
  }
};
