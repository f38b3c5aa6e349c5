import type { Client } from '../../protocol/client.ts';
import type { Context } from '../context.ts';
import { SIGNAL_STATUS } from '../signal-status.ts';
import { untilItWorks } from './retry.ts';

/** 2 s: so long a px whose reader went away waits for the control plane to hear of the cancel. */
const TELL_MS = 2000;

/** 300 ms: "at once" for a person, and enough for a request to reach a control plane that is busy. */
const LEAVE_MS = 300;

interface CancelOptions {
  context: Context;
  connect: () => Promise<Client>;
  /** The job's id, once it has one. */
  job: Promise<string>;
}

const tell = ({ context, connect, job }: CancelOptions, signal: AbortSignal): Promise<void> =>
  untilItWorks(
    async () => {
      const id = await job;
      const client = await connect();
      await client.call('jobCancel', { params: { id }, signal });
    },
    { sleep: context.sleep, signal },
  );

/** Cancels the job, and gives up after TELL_MS without a word. */
export const cancelJob = async (options: CancelOptions): Promise<void> => {
  const stop = new AbortController();
  const told = tell(options, stop.signal).catch(() => {});
  await Promise.race([told, options.context.sleep(TELL_MS, stop.signal)]);
  stop.abort();
};

/**
 * Runs work that a signal cancels: the first one cancels the job and lets the work come to its end,
 * the second leaves at once.
 *
 * @param onFirst called at the first signal
 * @returns the status of the work, or 130, 143 after a signal
 */
export const cancelOnSignal = async (
  options: CancelOptions,
  work: Promise<number>,
  onFirst: () => void,
): Promise<number> => {
  const { context } = options;
  const left = Promise.withResolvers<void>();
  const over = new AbortController();
  let status: number | null = null;
  let told: Promise<unknown> = Promise.resolve();
  const undo = context.onSignal((signal) => {
    if (status !== null) {
      void Promise.race([told, context.sleep(LEAVE_MS)]).then(() => left.resolve());
      return;
    }
    status = SIGNAL_STATUS[signal];
    context.output.say('Canceling; once more leaves at once.');
    onFirst();
    told = tell(options, over.signal).catch(() => {});
  });
  try {
    const ended = await Promise.race([work, left.promise]);
    return status ?? ended ?? 0;
  } catch (error) {
    if (status === null) throw error;
    // What fails behind a cancel is no news.
    return status;
  } finally {
    over.abort();
    undo();
  }
};

/**
 * Follows a job that a signal leaves alone: it ends px, not the job. Resolves to the status of either.
 *
 * @param words told to who left
 */
export const leaveOnSignal = async (
  { onSignal, output }: Pick<Context, 'onSignal' | 'output'>,
  work: Promise<number>,
  words: string,
): Promise<number> => {
  const left = Promise.withResolvers<number>();
  const undo = onSignal((signal) => {
    output.say(words);
    left.resolve(SIGNAL_STATUS[signal]);
  });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    undo();
  }
};
