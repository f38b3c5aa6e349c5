// Loaded into each test file's process before the file.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';

const isTestFile = isMainThread && (process.argv[1] ?? '').endsWith('.test.ts');

if (isTestFile) {
  // Every test file is a process of its own: without this each one strips and compiles all it imports.
  enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/px-test'));

  // Node's own limit is a SIGTERM, which a handler or a blocking call outlives. A thread is needed:
  // a timer of the main one would wait for the blocking call too.
  const killAfterMs = Number(new URL(import.meta.url).searchParams.get('killAfterMs'));
  new Worker(`setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${killAfterMs})`, {
    eval: true,
    execArgv: [],
  }).unref();
}
