import type { Context } from '../context.ts';

/** One line of `px doctor`. `advice` says what to do; null where nothing is to be done. */
export interface Finding {
  check: string;
  state: 'ok' | 'warn' | 'fail';
  message: string;
  advice: string | null;
}

/** Runs a program and gives its stdout; rejects where it is missing, fails, or takes too long. */
export type RunTool = (file: string, args: readonly string[]) => Promise<string>;

/** What a check may touch. */
interface CheckTools {
  context: Context;
  run: RunTool;
}

export type Check = (tools: CheckTools) => Promise<Finding>;

export const ok = (check: string, message: string): Finding => ({
  ...{ check, state: 'ok', message, advice: null },
});

export const warn = (check: string, message: string, advice: string): Finding => ({
  ...{ check, state: 'warn', message, advice },
});

export const fail = (check: string, message: string, advice: string): Finding => ({
  ...{ check, state: 'fail', message, advice },
});

/** The message of whatever was thrown, on one line. */
export const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
