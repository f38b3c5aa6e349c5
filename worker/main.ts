import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { systemClock } from './clock.ts';
import { type Config, parseConfig } from './config.ts';
import { runDaemon } from './daemon.ts';
import { createHttpFetch } from './http-fetch.ts';
import { createLog } from './log.ts';

/** 64 KiB: the line is a few hundred bytes. */
const LINE_MAX_BYTES = 64 << 10;

const readLine = async (): Promise<string> => {
  let text = '';
  for await (const piece of process.stdin) {
    text += String(piece);
    if (text.includes('\n') || text.length > LINE_MAX_BYTES) break;
  }
  process.stdin.destroy();
  return text.split('\n')[0] ?? '';
};

const run = async (config: Config): Promise<void> => {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.once('SIGINT', () => stop.abort());
  // A closed terminal is not the worker's affair.
  process.on('SIGHUP', () => undefined);
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = homedir(), LANG } = process.env;
  const log = createLog(config.dir, systemClock);
  try {
    await runDaemon({
      config,
      clock: systemClock,
      log,
      fetch: createHttpFetch(fetch),
      randomBytes,
      defaults: { PATH, HOME, LANG },
      stop: stop.signal,
    });
    process.exit(0);
  } catch (error) {
    log.error('the worker ends', { error: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
};

try {
  await run(parseConfig(await readLine()));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
