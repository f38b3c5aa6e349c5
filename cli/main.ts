import * as z from 'zod';
import { runCli } from './cli.ts';
import { systemClock } from './clock.ts';
import { streamSink } from './output/sink.ts';

/** Runs `handler` instead of dying; a command that registers none keeps the default. */
const onSignal = (handler: (signal: 'SIGINT' | 'SIGTERM') => void): (() => void) => {
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
};

const main = async (): Promise<number> =>
  runCli(process.argv.slice(2), {
    ...systemClock,
    cwd: process.cwd(),
    env: process.env,
    get stdin() {
      return process.stdin;
    },
    stdout: streamSink(process.stdout),
    stderr: streamSink(process.stderr),
    onSignal,
    connect: async (home) => {
      const { connect } = await import('./server/connect.ts');
      return connect({ home, env: process.env });
    },
  });

// Each schema checks one message or two: to compile it costs more than it saves.
z.config({ jitless: true });

// Idle connections to the control plane must not keep the process.
void main().then((status) => process.exit(status));
