import type { Clock } from './clock.ts';

/** A scoped logger, passed in. Fields never hold secrets, tokens or environment values. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  child(scope: string): Log;
}

/** Names of fields that could carry what nobody may read in a log. */
const SECRET = /token|secret|password|authorization|credential|^env$/i;

const safe = (key: string, value: unknown): unknown => (SECRET.test(key) ? '[hidden]' : value);

/**
 * One JSON object a line: at, level, scope, message, fields.
 *
 * @param write takes a whole line with its newline
 */
export const createLog = (clock: Clock, write: (line: string) => void, scope = 'px'): Log => {
  const say = (level: string, message: string, fields: Record<string, unknown> = {}): void => {
    const at = new Date(clock.now()).toISOString();
    write(`${JSON.stringify({ at, level, scope, message, ...fields }, safe)}\n`);
  };
  return {
    info: (message, fields) => say('info', message, fields),
    warn: (message, fields) => say('warn', message, fields),
    error: (message, fields) => say('error', message, fields),
    child: (inner) => createLog(clock, write, inner),
  };
};
