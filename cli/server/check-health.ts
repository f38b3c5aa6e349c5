import { Health } from '../../protocol/messages/server.ts';
import type { Ways } from './options.ts';
import { isServing } from './processes.ts';
import type { ServerFile } from './server-file.ts';

/** A server that answers at all does so within milliseconds; one that is stopped never does. */
const ANSWER_MS = 5000;

/**
 * Whether the server that wrote `server.json` serves. `gone`: its process ended, or does not listen
 * any more. `silent`: it is there and does not answer.
 */
export const checkHealth = async (
  { fetch, clock }: Pick<Ways, 'fetch' | 'clock'>,
  file: ServerFile,
): Promise<'serves' | 'silent' | 'gone'> => {
  // Its port, and its pid, may be another program's by now: nothing is sent there for a dead process.
  if (!isServing(file)) return 'gone';
  const late = new AbortController();
  const answered = new AbortController();
  void clock.sleep(ANSWER_MS, answered.signal).then(() => late.abort());
  try {
    const ask = { method: 'GET', headers: {}, signal: late.signal };
    const answer = await fetch(`${file.url}/v1/health`, ask);
    return Health.safeParse(JSON.parse(await answer.text())).success ? 'serves' : 'gone';
  } catch {
    return late.signal.aborted ? 'silent' : 'gone';
  } finally {
    answered.abort();
  }
};
