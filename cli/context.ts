import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Client } from '../protocol/client.ts';
import type { Output } from './output/output.ts';
import type { Project } from './project.ts';

/** What a command may touch; made once by main.ts or by a test. */
export interface Context {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadStream;
  output: Output;
  /** `--json`, `-q`, `-v`, `-y`. */
  json: boolean;
  yes: boolean;
  /** PX_HOME, absolute. */
  home: string;
  /** The folder of the control plane's files, where it is the embedded one; else null. */
  files: string | null;
  /** Connects to the control plane of the context; starts the embedded one where it is not running. */
  client(): Promise<Client>;
  /** The same anew, after the control plane stopped answering. */
  reconnect(): Promise<Client>;
  /** The project folder and its px.yaml, read once; throws `bad_config` with file, line, column. */
  project(): Promise<Project>;
  /** Milliseconds, monotonic. */
  clock(): number;
  /** Milliseconds since 1970, for ages that people read. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs on SIGINT or SIGTERM instead of the default; returns its undo. */
  onSignal(handler: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
}

/** What the process (or a test) gives to a run of px. */
export interface Surroundings
  extends Pick<Context, 'cwd' | 'env' | 'stdin' | 'clock' | 'now' | 'sleep' | 'onSignal'> {
  /** Connects to the embedded control plane of a PX_HOME. */
  connect(home: string): Promise<Client>;
}

/** What the global options of a command line say. */
interface GlobalFlags {
  json: boolean;
  yes: boolean;
  /** `--context`; undefined is the embedded control plane. */
  context: string | undefined;
}

/** PX_HOME, absolute; `~/.px` where it is not set. */
const homeOf = ({ env, cwd }: Pick<Surroundings, 'env' | 'cwd'>): string => {
  const { PX_HOME, HOME } = env;
  if (PX_HOME !== undefined && PX_HOME !== '') return resolve(cwd, PX_HOME);
  return join(HOME === undefined || HOME === '' ? homedir() : HOME, '.px');
};

/** Makes a value at the first call and keeps it, failures included. */
const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
};

/** The context of one command; nothing is read or started before a command asks. */
export const createContext = (
  surroundings: Surroundings,
  output: Output,
  flags: GlobalFlags,
): Context => {
  const { cwd, env, clock, now, sleep, onSignal } = surroundings;
  const home = homeOf(surroundings);
  const connect = async (): Promise<Client> => {
    if (flags.context === undefined) return surroundings.connect(home);
    const { connectTo } = await import('./contexts.ts');
    return connectTo(flags.context, home, surroundings.connect);
  };
  return {
    ...{ cwd, env, clock, now, sleep, onSignal, output, home },
    // Node opens the stream when it is first asked for; most commands never do.
    get stdin() {
      return surroundings.stdin;
    },
    files: flags.context === undefined ? home : null,
    json: flags.json,
    yes: flags.yes,
    client: once(connect),
    reconnect: connect,
    project: once(async () => {
      const { findProject } = await import('./config/find-project.ts');
      return findProject(cwd);
    }),
  };
};
