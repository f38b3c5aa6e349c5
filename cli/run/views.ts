import type { View } from '../../protocol/messages/output.ts';
import type { Output } from '../output/output.ts';

export interface Views {
  stdout: View;
  stderr: View;
}

/** Decided for each stream: a terminal shows lines as they come, a file gets each partition whole. */
export const chooseViews = (
  output: Pick<Output, 'stdoutTty' | 'stderrTty'>,
  flags: { output: 'live' | 'final' | undefined; order: boolean },
): Views => {
  const view = (tty: boolean): View => {
    if (flags.order) return 'final';
    return flags.output ?? (tty ? 'live' : 'final');
  };
  return { stdout: view(output.stdoutTty), stderr: view(output.stderrTty) };
};
