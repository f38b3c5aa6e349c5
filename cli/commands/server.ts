import { ERROR_STATUS, PxError } from '../../protocol/errors.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { ensureServer, findServer } from '../server/find-server.ts';
import { localFetch } from '../server/local-fetch.ts';
import { readServerFile, type ServerFile } from '../server/server-file.ts';
import { isItself, killServer, stopServer } from '../server/stop-server.ts';

/** What may be shown of server.json: all but the token. */
const shown = ({ token: _, ...file }: ServerFile) => ({ running: true, ...file });

const say = (context: Context, file: ServerFile, words: string): void => {
  if (context.json) context.output.json(shown(file));
  else context.output.say(`${words} [px ${file.version}, process ${file.pid}, ${file.url}]`);
};

const waysOf = ({ home, env, clock, sleep }: Context) => ({ home, env, clock: { clock, sleep } });

export const serverStart: Command = {
  path: ['server', 'start'],
  summary: 'start the embedded control plane',
  example: 'px server start',
  details: `
Every px command starts it by itself; it ends after an hour without jobs and clusters.`,
  handler: async (parsed, context) => {
    noArguments(parsed);
    say(context, await ensureServer(waysOf(context)), 'The control plane is running');
    return 0;
  },
};

/** 500: it failed by a bug of its own, or does not end. A refusal is no failure. */
const isBroken = (cause: unknown): boolean =>
  cause instanceof PxError && ERROR_STATUS[cause.code] >= 500;

const killWith = (context: Context, file: ServerFile, signals?: readonly NodeJS.Signals[]) =>
  killServer({ ...waysOf(context), now: context.now }, file, signals);

/**
 * The server that runs. One that is silent is killed where the user insists, and so is one that
 * fails at everything; it is started again where `down`: its clusters are to go down.
 */
const findToStop = async (
  context: Context,
  { force, down }: { force: boolean; down: boolean },
): Promise<ServerFile | null> => {
  const ways = waysOf(context);
  const left = await readServerFile(context.home);
  try {
    const found = await findServer(ways);
    if (found !== null || !force || left === null || !isItself(left, context.now())) return found;
    context.output.say(`The control plane fails: ending it [process ${left.pid}].`);
    await killWith(context, left);
  } catch (cause) {
    const isSilent = cause instanceof PxError && cause.code === 'unavailable';
    if (!force || !isSilent || left === null) throw cause;
    context.output.say(`The control plane does not answer: killing it [process ${left.pid}].`);
    await killWith(context, left, ['SIGKILL']);
  }
  return down ? await ensureServer(ways) : left;
};

/** Stops it; where the user insists, one that fails at that is ended by signals. */
const stop = async (
  context: Context,
  file: ServerFile,
  how: { force: boolean; down: boolean },
): Promise<void> => {
  const ways = { ...waysOf(context), fetch: localFetch };
  try {
    await stopServer(ways, file, how);
  } catch (cause) {
    if (!how.force || !isBroken(cause)) throw cause;
    const words = cause instanceof Error ? cause.message : String(cause);
    context.output.say(`The control plane fails: ending it [process ${file.pid}]. ${words}`);
    await killWith(context, file);
    if (isItself(file, context.now())) throw cause;
    if (how.down) context.output.say('Its workers stay: px server start, then px server stop.');
  }
};

export const serverStop: Command = {
  path: ['server', 'stop'],
  summary: 'stop the embedded control plane',
  options: [
    {
      name: 'force',
      short: 'f',
      summary: 'cancel jobs that have not ended; kill it if it is silent or broken',
    },
    {
      name: 'keep-clusters',
      summary: 'leave all clusters as they are: they reconnect at the next start',
    },
  ],
  example: 'px server stop',
  details: `
Clusters on this machine go down with it. It refuses while one of their jobs has not ended, and where
other clusters are up: nobody else ends them when they are idle, or reach cluster.max_cost.`,
  handler: async (parsed, context) => {
    noArguments(parsed);
    const how = { force: parsed.flag('force'), down: !parsed.flag('keep-clusters') };
    const file = await findToStop(context, how);
    if (file === null) {
      if (context.json) context.output.json({ running: false });
      else context.output.say('The control plane is not running.');
      return 0;
    }
    await stop(context, file, how);
    if (context.json) context.output.json({ ...shown(file), running: false });
    else context.output.say(`The control plane has stopped [process ${file.pid}].`);
    return 0;
  },
};

export const serverStatus: Command = {
  path: ['server', 'status'],
  summary: 'show pid, address and version of the control plane',
  example: 'px server status --json',
  details: `
Exits with 1 where it is not running; it does not start it.`,
  handler: async (parsed, context) => {
    noArguments(parsed);
    const file = await findServer(waysOf(context));
    if (file !== null) {
      say(context, file, 'The control plane is running');
      return 0;
    }
    if (context.json) context.output.json({ running: false });
    else context.output.say('The control plane is not running.');
    return 1;
  },
};
