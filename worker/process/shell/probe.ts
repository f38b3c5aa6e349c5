import type { ProcessHost } from '../supervised.ts';
import { Shell, type Status } from './shell.ts';
import { judge, tailOf } from './words.ts';

const NOTHING = new Uint8Array(0);
const NOWHERE = { write: () => undefined, full: false, onRoom: (call: () => void) => call() };
/** 2 s: a shell that is not done by then is none to rely on. */
const PATIENCE_MS = 2000;

/** What the node's shell can be relied on for. */
export type Ability = 'nothing' | 'subshells' | 'all';

interface Question {
  command: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A signal, the same number as an exit, and a status as it is. */
const IN_SUBSHELLS: readonly Question[] = [
  { command: "exec /bin/sh -c 'kill -9 $$'", code: null, signal: 'SIGKILL' },
  { command: "exec /bin/sh -c 'exit 137'", code: 137, signal: null },
  { command: "A='1' exec /bin/sh -c 'exit $A'", code: 1, signal: null },
];

const DIRECTLY: readonly Question[] = [
  { command: "/bin/sh -c 'kill -9 $$'", code: null, signal: 'SIGKILL' },
  { command: "A='137' /bin/sh -c 'exit $A'", code: 137, signal: null },
];

const ask = async (
  { clock }: ProcessHost,
  shell: Shell,
  { command, ...wanted }: Question,
  isDirect: boolean,
): Promise<boolean> => {
  const answer = new Promise<Status>((resolve) => {
    shell.run({ assignments: NOTHING, command: Buffer.from(command), isDirect }, resolve);
  });
  const status = await Promise.race([answer, clock.sleep(PATIENCE_MS)]);
  if (status === undefined) return false;
  const stderr = tailOf(NOWHERE);
  if (!shell.pair.finish(NOWHERE, stderr)) return false;
  const { code, signal, words } = isDirect ? judge(status, stderr.tail()) : status;
  return code === wanted.code && signal === wanted.signal && words === '';
};

const askAll = async (
  host: ProcessHost,
  shell: Shell,
  questions: readonly Question[],
  isDirect: boolean,
): Promise<boolean> => {
  for (const question of questions) {
    if (!(await ask(host, shell, question, isDirect))) return false;
  }
  return true;
};

/** Whether the node's shell says what has to be known: dash does. */
export const probeShell = async (host: ProcessHost): Promise<Ability> => {
  let shell: Shell | null = null;
  try {
    const opened = await Shell.open(host, { cwd: '/', env: { job: {}, own: {} } });
    shell = opened;
    if (!(await askAll(host, opened, IN_SUBSHELLS, false))) return 'nothing';
    return (await askAll(host, opened, DIRECTLY, true)) ? 'all' : 'subshells';
  } catch {
    return 'nothing';
  } finally {
    shell?.end();
  }
};
