import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROTOCOL, VERSION } from '../../protocol/version.ts';
import type { Clock } from '../clock.ts';
import { identify } from '../process-ref.ts';
import type { ServerInfo } from '../server-info.ts';
import { placeNumber } from './place.ts';
import { readIfThere, writePrivate } from './private-file.ts';

const pathOf = (home: string): string => join(home, 'server.json');

/** 2 s: who finds no file starts a server, which loses against this one, and looks again for 20 s. */
const LOOK_EVERY_MS = 2000;

const put = (home: string, text: string, pid: number): void => {
  if (readIfThere(pathOf(home)) !== text) writePrivate(pathOf(home), text, pid);
};

/**
 * Tells px commands and local workers where this control plane listens, and goes on to tell them until
 * the signal: a file that was removed or damaged would hide a server that lives. Throws where the
 * first one cannot be written.
 */
export const keepServerFile = (
  home: string,
  server: ServerInfo,
  facts: { url: string; token: string; id: string },
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): void => {
  const { pid, startedAt } = server;
  const { url, token, id } = facts;
  const process = { pid, processStart: identify(pid)?.startTicks ?? null };
  const place = placeNumber(home);
  const file = {
    ...process,
    url,
    token,
    version: VERSION,
    protocol: PROTOCOL,
    startedAt,
    id,
    place,
  };
  const text = `${JSON.stringify(file)}\n`;
  put(home, text, pid);
  const keep = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        put(home, text, pid);
      } catch {
        // A disk that is full or read-only: the next look may write it.
      }
    }
  };
  void keep();
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
