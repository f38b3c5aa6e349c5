import type { HttpFetch } from '../../protocol/client.ts';
import { systemClock } from '../clock.ts';
import { localFetch } from './local-fetch.ts';
import { type SpawnServer, spawnServer } from './spawn-server.ts';

/** What it takes to find or start the embedded control plane. */
export interface ConnectOptions {
  /** PX_HOME, absolute. */
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  fetch?: HttpFetch;
  spawn?: SpawnServer;
  clock?: Pick<typeof systemClock, 'clock' | 'sleep'>;
  /** The version and protocol of this px; a test plays another one. */
  own?: { version: string; protocol: number; oldest: number };
}

export type Ways = Required<ConnectOptions>;

/** The options with their defaults. */
export const fillIn = (options: ConnectOptions, own: Ways['own']): Ways => ({
  fetch: localFetch,
  spawn: spawnServer,
  clock: systemClock,
  own,
  ...options,
});
