/** 25 s: below what proxies cut off by themselves. */
export const POLL_MS = 25_000;
/** 10 s: an answer that is later than the poll by so much is lost. */
const GRACE_MS = 10_000;
/** Made once: an abort without a reason makes an error with a stack each time. */
const GIVEN_UP = new Error('the poll was given up');

/** How long one poll may take, and what gives it up. */
interface PollOptions {
  signal: AbortSignal;
  timeoutMs: number;
}

/** A poll that is open. */
export interface Poll {
  signal: AbortSignal;
  /** What it says of the worker is outdated: another one takes its place. */
  giveUp(): void;
}

/**
 * Keeps one request open; null where it was given up.
 *
 * @param watch runs beside it until its signal aborts, and gives the poll up once it is outdated
 */
export const longPoll = async <T>(
  signal: AbortSignal,
  watch: (poll: Poll) => Promise<void>,
  ask: (options: PollOptions) => Promise<T>,
): Promise<T | null> => {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort(GIVEN_UP);
  signal.addEventListener('abort', giveUp, { once: true });
  const poll = { signal: controller.signal, giveUp };
  const watching = watch(poll);
  try {
    return await ask({ signal: poll.signal, timeoutMs: POLL_MS + GRACE_MS });
  } catch (error) {
    if (poll.signal.aborted) return null;
    throw error;
  } finally {
    giveUp();
    signal.removeEventListener('abort', giveUp);
    await watching;
  }
};
