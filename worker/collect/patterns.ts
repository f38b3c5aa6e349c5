import { isUtf8 } from 'node:buffer';
import picomatch from 'picomatch';
import type { BytePath } from '../bundle/entry.ts';

/** What `collect` asks for. */
export interface Patterns {
  matches(path: BytePath): boolean;
  /** Whether something below this folder can match. */
  enters(folder: BytePath): boolean;
}

/** Text where the bytes are UTF-8, as globs are; else one character a byte, so that `*` still matches. */
const textOf = (path: BytePath): string => {
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : path;
};

const clean = (glob: string): string => glob.replace(/^(\.\/)+/, '').replace(/\/+$/, '');

/** Names may hold newlines, and begin with a dot: what a job wrote is not lost for its name. */
const HOW = { dot: true, flags: 's' } as const;

/** A pattern names files, or a folder with everything in it. Paths are relative to the project. */
export const createPatterns = (globs: readonly string[]): Patterns => {
  const cleaned = globs.map(clean);
  const isMatch = picomatch(
    cleaned.flatMap((glob) => [glob, `${glob}/**`]),
    HOW,
  );
  const bases = cleaned.map((glob) => picomatch.scan(glob).base);
  return {
    matches: (path) => isMatch(textOf(path)),
    enters: (folder) => {
      const text = textOf(folder);
      return bases.some(
        (base) =>
          base === '' ||
          base === text ||
          text.startsWith(`${base}/`) ||
          base.startsWith(`${text}/`),
      );
    },
  };
};
