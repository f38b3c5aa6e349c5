import type { HttpFetch } from '../protocol/client.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';

/** 2 s for an answer from the machine's own link. */
const ASK_MS = 2000;
/** 5 s between looks where the answer does not wait by itself, or none comes. */
const LOOK_EVERY_MS = 5000;
/** 6 s before the end: attempts get SIGTERM, and what they held is given back. */
const MARGIN_MS = 6000;
const LEAST_MS = 1000;

/** What the owner of the machine says before it takes the machine back. */
export interface Notice {
  /** Whether it has been said. */
  isGiven(): Promise<boolean>;
  /** Resolves once it has been said, with the milliseconds that attempts may go on for; never after an abort. */
  wait(signal: AbortSignal): Promise<number>;
}

interface NoticeDeps {
  config: Pick<Config, 'notice'>;
  fetch: HttpFetch;
  clock: Pick<Clock, 'sleep' | 'after'>;
  log: Pick<Log, 'warn'>;
}

const never = (): Promise<never> => new Promise<never>(() => undefined);

/** A machine whose owner says nothing. */
const SILENT: Notice = { isGiven: async () => false, wait: never };

/** Watches for the word at the address that the control plane named; it stands once it was said. */
export const createNotice = ({ config, fetch, clock, log }: NoticeDeps): Notice => {
  const { notice } = config;
  if (notice === undefined) return SILENT;
  let given = false;
  const ask = async (url: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await fetch(url, { method: 'GET', headers: notice.headers, signal });
    given ||= answer.ok && (await answer.text()).trim() === notice.value;
    return given;
  };
  const isGiven = async (): Promise<boolean> => {
    if (given) return true;
    const late = new AbortController();
    const timer = clock.after(ASK_MS, () => late.abort());
    try {
      return await ask(notice.url, late.signal);
    } catch {
      return false;
    } finally {
      timer.cancel();
    }
  };
  const wait = async (signal: AbortSignal): Promise<number> => {
    // A change between two waits would be missed by the second.
    while (!signal.aborted && !(await isGiven())) {
      try {
        if (await ask(notice.waitUrl, signal)) break;
      } catch (error) {
        if (!signal.aborted) log.warn('the notice is not heard', { error: String(error) });
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    }
    return given ? Math.max(LEAST_MS, notice.graceMs - MARGIN_MS) : never();
  };
  return { isGiven, wait };
};
