import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Context } from './context.ts';

type Asker = Pick<Context, 'stdin' | 'output' | 'json' | 'yes'>;

/** Whether there is somebody to ask. */
export const canAsk = (context: Asker): boolean =>
  context.stdin.isTTY === true && context.output.stderrTty && !context.json;

const readLine = async (context: Asker, question: string): Promise<string> => {
  await context.output.write(2, Buffer.from(`<px> ${question}`));
  const lines = createInterface({ input: context.stdin });
  const answer = once(lines, 'line').then(([line]) => String(line));
  const ended = once(lines, 'close').then(() => '');
  try {
    return (await Promise.race([answer, ended])).trim();
  } finally {
    lines.close();
  }
};

/** Asks for a word on the terminal; null where nobody is there to ask. Ctrl-D is an empty word. */
export const ask = async (context: Asker, question: string): Promise<string | null> =>
  canAsk(context) ? readLine(context, question) : null;

/**
 * Asks a question on the terminal; `-y` answers it, and so does its absence: no. Ctrl-D is a no.
 *
 * @param question without the `[y/N]`
 */
export const confirm = async (context: Asker, question: string): Promise<boolean> => {
  if (context.yes) return true;
  if (!canAsk(context)) return false;
  return /^y(es)?$/i.test(await readLine(context, `${question} [y/N] `));
};
