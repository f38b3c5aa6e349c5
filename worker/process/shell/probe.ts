import type { ProcessHost } from '../supervised.ts';
import { Shell, type Status } from './shell.ts';

const NOTHING = new Uint8Array(0);
/** 2 s: a shell that is not done by then is none to rely on. */
const PATIENCE_MS = 2000;

/** A signal, the same number as an exit, and a status as it is. */
const QUESTIONS = [
  { source: "exec /bin/sh -c 'kill -9 $$'", code: null, signal: 'SIGKILL' },
  { source: "exec /bin/sh -c 'exit 137'", code: 137, signal: null },
  { source: "A='1' exec /bin/sh -c 'exit $A'", code: 1, signal: null },
] as const;

/** Whether the node's shell says what has to be known: dash does. */
export const probeShell = async (host: ProcessHost): Promise<boolean> => {
  let shell: Shell | null = null;
  try {
    const opened = await Shell.open(host, { cwd: '/', env: { job: {}, own: {} } });
    shell = opened;
    for (const { source, code, signal } of QUESTIONS) {
      const answer = new Promise<Status>((resolve) => {
        opened.run(NOTHING, Buffer.from(source), resolve);
      });
      const status = await Promise.race([answer, host.clock.sleep(PATIENCE_MS)]);
      if (status?.code !== code || status.signal !== signal || status.words !== '') return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    shell?.end();
  }
};
