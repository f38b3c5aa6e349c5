import { join } from 'node:path';
import { shellQuote } from '../../../protocol/quote.ts';
import { PX, type Px, type Running, type StartOptions } from '../../helpers/px-process.ts';

/** A px command on a terminal of its own (util-linux's `script` holds the other end). */
interface OnTerminal extends Running {
  /** Types: '\x03' is Ctrl-C. */
  type(text: string): void;
  /** Closes the terminal, as a window that is shut. */
  hangUp(): void;
}

/** Starts shell text on a terminal; what it writes comes back on `stdout()`, with CR LF line ends. */
const startShellOnTerminal = (px: Px, text: string, options: StartOptions = {}): OnTerminal => {
  const running = px.startProgram(['script', '-qefc', text, join(px.folder, 'typescript')], {
    ...options,
    stdin: 'pipe',
    env: { SHELL: '/bin/sh', TERM: 'xterm', ...options.env },
  });
  return {
    ...running,
    type: (words) => running.child.stdin?.write(words),
    hangUp: () => running.child.kill('SIGKILL'),
  };
};

const word = (text: string): string => Buffer.from(shellQuote(Buffer.from(text))).toString();

/** Starts px on a terminal. */
export const startOnTerminal = (
  px: Px,
  args: readonly string[],
  options?: StartOptions,
): OnTerminal => startShellOnTerminal(px, `exec ${[PX, ...args].map(word).join(' ')}`, options);
