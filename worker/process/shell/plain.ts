import { concat } from '../../../protocol/bytes.ts';
import { shellQuote } from '../../../protocol/quote.ts';
import type { Invocation } from '../invocation.ts';
import { isShellOwn } from '../simple-command.ts';
import type { PlainCommand } from '../supervised.ts';

/** 32 KiB, with its quotes: what is longer hides what a process of its own costs. */
const SOURCE_MAX_BYTES = 32 << 10;

// A program, then words without expansions: the same in every shell process of this directory and
// environment. Bytes beyond ASCII are part of a word; `\'` stands between the halves of a quoted word.
const PLAIN =
  /^([ \t]*(?:exec[ \t]+)?)([\w./+][\w./+-]*)(?=[ \t]|$)(?:[ \t]|'[^']*'|\\'|"[^"\\`$]*"|[\w./+:@%,=^\x80-\xff-])*?([ \t]"\$@"[ \t]*)?$/;

/** What a shell may run itself: it ends with the subshell and looks the same from there. */
const HARMLESS = new Set(['true', 'false', ':', 'echo', 'printf', 'test']);

/** `/bin/sh -c SOURCE px ARG…`, as command and input are made into an invocation. */
const SOURCE_AT = 2;
const ARGS_AT = 4;

const EXEC_ARGS = 'exec "$@"';
/** `exec `. */
const EXEC_BYTES = 5;
const SPACE = new Uint8Array([0x20]);

const withArgs = (source: Uint8Array, args: readonly Uint8Array[]): Uint8Array =>
  args.length === 0 ? source : concat([source, ...args.flatMap((arg) => [SPACE, shellQuote(arg)])]);

/** What no shell could take for anything but a program. */
const isProgram = (name: string): boolean => /^[\w./+-]+$/.test(name) && !isShellOwn(name);

/** `exec "$@"`: the program is the first argument. */
const argvCommand = (args: readonly Uint8Array[], cwd: Uint8Array): PlainCommand | null => {
  const [first] = args;
  if (first === undefined) return null;
  const program = Buffer.from(first).toString('utf8');
  const source = withArgs(Buffer.from('exec'), args);
  return { program, source, direct: isProgram(program) ? source.subarray(EXEC_BYTES) : null, cwd };
};

const commandOf = (
  source: Uint8Array,
  args: readonly Uint8Array[],
  cwd: Uint8Array,
): PlainCommand | null => {
  const text = Buffer.from(source).toString('latin1');
  if (text === EXEC_ARGS) return argvCommand(args, cwd);
  const [, before, program, rest] = PLAIN.exec(text) ?? [];
  if (program === undefined) return null;
  if (isShellOwn(program) && !HARMLESS.has(program)) return null;
  const own = source.subarray(0, source.length - (rest?.length ?? 0));
  const whole = withArgs(own, rest === undefined ? [] : args);
  const direct = isProgram(program) ? whole.subarray(before?.length ?? 0) : null;
  return { program, source: whole, direct, cwd };
};

/**
 * The invocation as source for a running shell; null where it needs a shell or a process of its own.
 *
 * @param isTriedAgain whether another attempt follows one that was killed, and tells exactly how it ends
 */
export const plainCommand = (
  invocation: Invocation,
  cwd: Uint8Array,
  isTriedAgain: boolean,
): PlainCommand | null => {
  if (invocation.kind !== 'words') return null;
  const { words } = invocation;
  const source = words[SOURCE_AT];
  const size = words.reduce((sum, word) => sum + word.length, 0);
  if (source === undefined || size > SOURCE_MAX_BYTES) return null;
  const plain = commandOf(source, words.slice(ARGS_AT), cwd);
  if (plain === null || plain.source.length > SOURCE_MAX_BYTES) return null;
  return isTriedAgain ? plain : { ...plain, direct: null };
};
