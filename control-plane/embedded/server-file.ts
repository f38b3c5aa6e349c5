import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROTOCOL, VERSION } from '../../protocol/version.ts';
import { identify } from '../process-ref.ts';
import type { ServerInfo } from '../server-info.ts';
import { readIfThere, writePrivate } from './private-file.ts';

const pathOf = (home: string): string => join(home, 'server.json');

/** Tells px commands and local workers where this control plane listens. */
export const writeServerFile = (
  home: string,
  server: ServerInfo,
  facts: { url: string; token: string; id: string },
): void => {
  const { pid, startedAt } = server;
  const { url, token, id } = facts;
  const process = { pid, processStart: identify(pid)?.startTicks ?? null };
  const file = { ...process, url, token, version: VERSION, protocol: PROTOCOL, startedAt, id };
  writePrivate(pathOf(home), `${JSON.stringify(file)}\n`, pid);
};

const pidIn = (text: string | null): unknown => {
  try {
    const file: unknown = JSON.parse(text ?? 'null');
    return typeof file === 'object' && file !== null && 'pid' in file ? file.pid : null;
  } catch {
    return null;
  }
};

/** Removes the file, unless another control plane has written it since. */
export const removeServerFile = (home: string, pid: number): void => {
  if (pidIn(readIfThere(pathOf(home))) === pid) rmSync(pathOf(home), { force: true });
};
