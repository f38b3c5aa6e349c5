import { basename } from 'node:path';
import type { Project } from '../project.ts';
import { isCredential } from './credentials.ts';
import type { Listed } from './git.ts';
import { compileExactGlobs, compileGlobs, globBases } from './globs.ts';
import { readPxIgnore } from './px-ignore.ts';
import { existsOnDisk, type RawPath, rawFromText, rawToText } from './raw-path.ts';
import { walk } from './walk.ts';

interface Selection {
  travelling: Listed[];
  /** Untracked credential files that `include` does not name: they stay. */
  withheld: RawPath[];
}

/** Untracked files that the globs of `include` find on disk, ignored or not. */
const includedFiles = (root: string, globs: readonly string[]): RawPath[] => {
  const names = compileGlobs(globs);
  const found: RawPath[] = [];
  for (const base of new Set(globBases(globs))) {
    const path = rawFromText(base);
    const kind = existsOnDisk(root, path);
    if (kind === 'file') found.push(path);
    if (kind !== 'folder') continue;
    for (const walked of walk(root, path, 'enter')) {
      if (names(rawToText(walked.path))) found.push(walked.path);
    }
  }
  return found;
};

/** What travels of the listed names: less `.pxignore` and `exclude`, plus `include`, no credentials. */
export const select = (project: Project, listed: readonly Listed[]): Selection => {
  const { include = [], exclude = [] } = project.config;
  const isIgnored = readPxIgnore(project.root);
  const isExcluded = compileGlobs(exclude);
  // Neither `*` nor a folder's name names the `.env` in it: who wants it to travel says so.
  const isNamed = compileExactGlobs(include);
  const withheld = new Set<RawPath>();
  const mayTravel = ({ path, tracked }: Listed): boolean => {
    if (tracked || !isCredential(project.root, path) || isNamed(rawToText(path))) return true;
    withheld.add(path);
    return false;
  };
  const kept =
    exclude.length === 0 && isIgnored === null
      ? listed
      : listed.filter(({ path }) => {
          const text = rawToText(path);
          return !isExcluded(text) && isIgnored?.(text) !== true;
        });
  const travelling = kept.filter(mayTravel);
  const known = new Set(
    include.length === 0 ? [] : listed.filter((l) => l.tracked).map((l) => l.path),
  );
  for (const path of includedFiles(project.root, include)) {
    const entry = { path, tracked: known.has(path) };
    if (mayTravel(entry)) travelling.push(entry);
  }
  if (project.configPath !== null) {
    travelling.push({ path: rawFromText(basename(project.configPath)), tracked: true });
  }
  return { travelling, withheld: [...withheld].sort() };
};
