import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { concat, show, utf8 } from '../../protocol/bytes.ts';
import { shellQuote } from '../../protocol/quote.ts';
import { giveTo, type JobUser } from '../job-user.ts';
import type { Invocation } from './invocation.ts';

/** What Node can start: a program and its arguments as text. */
export interface CommandLine {
  file: string;
  args: string[];
  cwd: string;
}

/** 256 KiB a write: a script of a million lines is never in memory as a whole. */
const WRITE_BYTES = 256 << 10;

/** Writes a file that nobody else but the jobs' user can read, piece by piece. */
export const writePrivate = async (
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  user: JobUser | null,
): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    giveTo(user, path);
    let held: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of pieces) {
      held.push(piece);
      bytes += piece.length;
      if (bytes < WRITE_BYTES) continue;
      await file.writeFile(concat(held));
      held = [];
      bytes = 0;
    }
    await file.writeFile(concat(held));
  } finally {
    await file.close();
  }
};

/** `exec 'word' 'word' …`: for words that Node would turn into other bytes. */
function* execSource(words: readonly Uint8Array[]) {
  yield utf8('exec');
  for (const word of words) yield concat([utf8(' '), shellQuote(word)]);
  yield utf8('\n');
}

async function* inDirectory(
  cwd: Uint8Array,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
) {
  yield concat([utf8('cd '), shellQuote(cwd), utf8(' || exit 125\n')]);
  yield* pieces;
}

/**
 * Makes an invocation startable. Node's spawn turns bytes that are no UTF-8 into other bytes without
 * an error: such words, and such a directory, reach sh as single-quoted source in a file.
 *
 * @param newPath where a script may be written; each call gives another path
 */
export const commandLine = async (
  invocation: Invocation,
  cwd: Uint8Array,
  newPath: () => string,
  user: JobUser | null = null,
): Promise<CommandLine> => {
  const isPlain = isUtf8(cwd);
  if (invocation.kind === 'words' && isPlain && invocation.words.every((word) => isUtf8(word))) {
    const [file = '/bin/sh', ...args] = invocation.words.map(show);
    return { file, args, cwd: show(cwd) };
  }
  const path = newPath();
  const pieces = invocation.kind === 'words' ? execSource(invocation.words) : invocation.pieces;
  await writePrivate(path, isPlain ? pieces : inDirectory(cwd, pieces), user);
  return { file: '/bin/sh', args: [path], cwd: isPlain ? show(cwd) : '/' };
};
