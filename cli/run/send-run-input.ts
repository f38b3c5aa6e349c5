import { LineChecker } from './line-checker.ts';
import type { Patience } from './retry.ts';
import type { Submitted } from './run-job.ts';
import { sendInput } from './send-input.ts';

/** Sends the input of a run, if it has any. */
export const sendRunInput = async (
  { job, decided, connect }: Submitted,
  patience: Patience,
  files: string | null,
): Promise<void> => {
  const { input, source } = decided;
  if (source === null) return;
  const checker = input.kind === 'args' ? new LineChecker(input.separator) : null;
  await sendInput({
    ...patience,
    connect,
    job: job.id,
    bytes: source.bytes,
    files,
    ...(checker === null ? {} : { check: (bytes) => checker.push(bytes) }),
  });
};
