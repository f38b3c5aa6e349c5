import picomatch from 'picomatch';

/** Whether a glob of a list names a path, or a folder that holds it. */
type GlobMatch = (path: string) => boolean;

/** `./data/`, `/data` and `data` are the same place: the project's own. */
const anchored = (glob: string): string => glob.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');

const ancestors = function* (path: string): Generator<string> {
  yield path;
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    yield path.slice(0, at);
  }
};

/** Globs that must name the file itself, and its leading dot, as a shell has it. */
export const compileExactGlobs = (globs: readonly string[]): GlobMatch =>
  globs.length === 0 ? () => false : picomatch(globs.map(anchored), { nonegate: true, flags: 's' });

/** Globs relative to the project. A glob that names a folder means all in it. */
export const compileGlobs = (globs: readonly string[]): GlobMatch => {
  if (globs.length === 0) return () => false;
  const matches = picomatch(globs.map(anchored), { dot: true, nonegate: true, flags: 's' });
  return (path) => {
    for (const part of ancestors(path)) if (matches(part)) return true;
    return false;
  };
};

/** The folders below which files can match, without a glob in their names; empty = the project. */
export const globBases = (globs: readonly string[]): string[] =>
  globs.map((glob) => {
    const { base, isGlob } = picomatch.scan(anchored(glob));
    return isGlob ? base : anchored(glob);
  });
