import type { HttpAnswer } from '../../protocol/client.ts';
import { ErrorBody, errorFromBody, PxError } from '../../protocol/errors.ts';
import type { Ways } from './options.ts';
import { startedAt } from './process-start.ts';
import { isServing } from './processes.ts';
import type { ServerFile } from './server-file.ts';

/** Requests that run get five seconds, then the last commit. */
const STOP_MS = 15_000;
const LOOK_EVERY_MS = 15;

const waitUntilGone = async (
  { clock }: Pick<Ways, 'clock'>,
  file: ServerFile,
  ms = STOP_MS,
): Promise<boolean> => {
  const until = clock.clock() + ms;
  while (isServing(file)) {
    if (clock.clock() > until) return false;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return true;
};

const refusalOf = async (response: HttpAnswer): Promise<PxError | null> => {
  const text = await response.text();
  if (response.ok) return null;
  try {
    return errorFromBody(ErrorBody.parse(JSON.parse(text)));
  } catch {
    return new PxError('server_failed', `The control plane answered ${response.status}.`);
  }
};

interface StopHow {
  /** Clusters on its own machine first. */
  down: boolean;
  /** Jobs that have not ended are canceled. */
  force: boolean;
}

/**
 * Stops a server gracefully and waits until its process is gone. Says nothing of its protocol, so
 * that any px can stop any server. Throws what the server throws: `cluster_busy`.
 */
export const stopServer = async (
  ways: Pick<Ways, 'clock' | 'fetch'>,
  file: ServerFile,
  how: StopHow = { down: false, force: false },
): Promise<void> => {
  const query = new URLSearchParams({ down: String(how.down), force: String(how.force) });
  const headers = { authorization: `Bearer ${file.token}` };
  const refusal = await ways
    .fetch(`${file.url}/v1/server/stop?${query}`, { method: 'POST', headers })
    .then(refusalOf)
    // It may end before its answer is out.
    .catch(() => null);
  if (refusal !== null) throw refusal;
  if (await waitUntilGone(ways, file)) return;
  throw new PxError('server_failed', `The control plane (process ${file.pid}) does not end.`, {
    hint: 'px server stop --force',
  });
};

/** 8 s for a server that is asked to end: its requests get five. */
const TERM_MS = 8000;
/** 2 s: what an older px wrote tells when it served, and not when its process started. */
const START_SLACK_MS = 2000;

/**
 * Whether the process of `server.json` is that server: its pid may be a younger process's by now.
 *
 * @param now milliseconds since 1970
 */
export const isItself = (file: ServerFile, now: number): boolean => {
  if (!isServing(file)) return false;
  if (file.processStart !== null) return true;
  const start = startedAt(file.pid, now);
  return start !== null && start <= file.startedAt + START_SLACK_MS;
};

/**
 * Ends a server that is silent or broken: SIGTERM where it may still hear it, then SIGKILL. A process
 * that is not the server is left alone.
 */
export const killServer = async (
  ways: Pick<Ways, 'clock'> & { now: () => number },
  file: ServerFile,
  signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGKILL'],
): Promise<void> => {
  for (const signal of signals) {
    if (!isItself(file, ways.now())) return;
    process.kill(file.pid, signal);
    if (await waitUntilGone(ways, file, signal === 'SIGTERM' ? TERM_MS : STOP_MS)) return;
  }
};
