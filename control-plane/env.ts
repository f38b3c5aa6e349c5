import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { PxError } from '../protocol/errors.ts';

/** What the environment says to a control plane. */
export interface ServerEnv {
  /** Absolute. */
  home: string;
  /** A test has the process killed at the count-th pass of the named point. */
  fault: { point: string; count: number } | null;
  /** The same, where the point is written to a file while the process runs; it strikes once. */
  faultFile: string | null;
  /** Local workers read the address there instead of server.json: a test's proxy stands between. */
  workerServerFile: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

const read = (env: Env, name: string): string | null => {
  const value = env[name];
  return value === undefined || value === '' ? null : value;
};

/** `name:count`. Throws `bad_config`. */
export const parseFault = (text: string | null): ServerEnv['fault'] => {
  if (text === null) return null;
  const [, point, count] = /^([a-z-]+)(?::(\d+))?$/.exec(text) ?? [];
  if (point === undefined) {
    const message = `PX_FAULT_POINT: Expected name:count, got \`${text}\` (string).`;
    throw new PxError('bad_config', message);
  }
  return { point, count: Number(count ?? 1) };
};

/** Reads PX_HOME, PX_FAULT_POINT, PX_FAULT_FILE and PX_WORKER_SERVER_FILE. */
export const parseEnv = (env: Env): ServerEnv => ({
  home: resolve(read(env, 'PX_HOME') ?? join(read(env, 'HOME') ?? homedir(), '.px')),
  fault: parseFault(read(env, 'PX_FAULT_POINT')),
  faultFile: read(env, 'PX_FAULT_FILE'),
  workerServerFile: read(env, 'PX_WORKER_SERVER_FILE'),
});
