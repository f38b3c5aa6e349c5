import { concat, fromBase64, show, utf8 } from '../../protocol/bytes.ts';
import type { Command, JobInput } from '../../protocol/messages/jobs.ts';
import { shellQuote } from '../../protocol/quote.ts';
import { fillTemplate, parseTemplate, type Template } from '../../protocol/template.ts';
import { onlyLine, splitLines } from './lines.ts';
import { withExec } from './simple-command.ts';

/** 131,072 bytes: Linux takes no longer word, its closing NUL included (MAX_ARG_STRLEN). */
export const WORD_MAX_BYTES = 131_072;

/** What to run: the words of an argv, or shell source that is written to a file first. */
export type Invocation =
  | { kind: 'words'; words: readonly Uint8Array[] }
  | { kind: 'script'; pieces: AsyncIterable<Uint8Array> };

/** What one partition brings along. */
interface Share {
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Number of its first line in the whole input, from 0, and the step to the next. */
  firstLine: number;
  step: number;
}

const fits = (word: Uint8Array): boolean => word.length < WORD_MAX_BYTES;

const SHELL = [utf8('/bin/sh'), utf8('-c')] as const;
const ZERO = utf8('px');
const WITH_ARGS = utf8(' "$@"');
const EXEC_ARGS = utf8('exec "$@"');
const NEWLINE = utf8('\n');

const shellWords = (source: Uint8Array, args: readonly Uint8Array[]): Invocation => {
  if (fits(source)) return { kind: 'words', words: [...SHELL, source, ZERO, ...args] };
  return { kind: 'script', pieces: longSource(source, args) };
};

/** A source that is too long for a word is the script itself. */
async function* longSource(source: Uint8Array, args: readonly Uint8Array[]) {
  if (args.length > 0) {
    yield utf8('set --');
    for (const arg of args) yield concat([utf8(' '), shellQuote(arg)]);
    yield NEWLINE;
  }
  yield source;
  yield NEWLINE;
}

/** `/bin/sh -c 'CMD "$@"' px line line …`, or the argv with the lines behind it. */
const withArgs = async (
  command: Command,
  lines: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Invocation> => {
  const args: Uint8Array[] = [];
  for await (const line of lines) args.push(line);
  if (command.kind === 'argv') {
    return shellWords(EXEC_ARGS, [...command.words.map(fromBase64), ...args]);
  }
  return shellWords(withExec(concat([fromBase64(command.source), WITH_ARGS])), args);
};

const KEEP_STATUS = utf8(' || px_status=$?\n');

/**
 * One invocation a line, one after the other; the last status that is not 0 is the whole one's. A
 * line whose source is too long for a word is a script of its own, which `keep` stores.
 */
async function* eachLine(
  template: Template,
  share: Share,
  lines: AsyncIterable<Uint8Array>,
  keep: (source: Uint8Array) => Promise<string>,
) {
  yield utf8('px_status=0\n');
  let number = share.firstLine + 1;
  for await (const line of lines) {
    const source = fillTemplate(template, line, number);
    number += share.step;
    const run = fits(source)
      ? concat([utf8('/bin/sh -c '), shellQuote(source), utf8(' px')])
      : concat([utf8('/bin/sh '), shellQuote(utf8(await keep(source)))]);
    yield concat([run, KEEP_STATUS]);
  }
  yield utf8('exit $px_status\n');
}

const oneLine = (template: Template, line: Uint8Array, { firstLine }: Share): Invocation =>
  shellWords(withExec(fillTemplate(template, line, firstLine + 1)), []);

const fromTemplate = async (
  template: Template,
  share: Share,
  separator: '\n' | '\0',
  keep: (source: Uint8Array) => Promise<string>,
): Promise<Invocation> => {
  const only = onlyLine(share.pieces, separator);
  if (only !== null) return oneLine(template, only, share);
  const lines = splitLines(share.pieces, separator);
  const first = await lines.next();
  if (first.done === true) return shellWords(utf8(':'), []);
  const second = await lines.next();
  if (second.done === true) {
    return oneLine(template, first.value, share);
  }
  const all = async function* () {
    yield first.value;
    yield second.value;
    yield* lines;
  };
  return { kind: 'script', pieces: eachLine(template, share, all(), keep) };
};

const TEMPLATES = new WeakMap<Command, Template | null>();

/** Its template, made once for all of a job's partitions; null where its lines are arguments. */
const templateOf = (command: Command, mark: string | null): Template | null => {
  const known = TEMPLATES.get(command);
  if (known !== undefined) return known;
  const isTemplate = mark !== null && command.kind === 'shell';
  const template = isTemplate ? parseTemplate(show(fromBase64(command.source)), mark) : null;
  TEMPLATES.set(command, template);
  return template;
};

/**
 * What to run for one partition. Bytes stay bytes: nothing of the command or the input passes
 * through a string.
 *
 * @param keep stores a source that is too long for a word and returns the path of its file
 */
export const buildInvocation = async (
  command: Command,
  input: JobInput,
  share: Share,
  keep: (source: Uint8Array) => Promise<string>,
): Promise<Invocation> => {
  if (input.kind === 'none' || input.kind === 'stdin') {
    if (command.kind === 'shell') return shellWords(withExec(fromBase64(command.source)), []);
    return shellWords(EXEC_ARGS, command.words.map(fromBase64));
  }
  const separator = input.kind === 'files' ? '\0' : input.separator;
  const template = templateOf(command, input.template);
  if (template !== null) return await fromTemplate(template, share, separator, keep);
  const only = onlyLine(share.pieces, separator);
  return await withArgs(command, only === null ? splitLines(share.pieces, separator) : [only]);
};
