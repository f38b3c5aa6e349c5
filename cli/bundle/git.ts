import { execFile } from 'node:child_process';
import { PxError } from '../../protocol/errors.ts';
import type { RawPath } from './raw-path.ts';

export interface Listed {
  path: RawPath;
  /** Whether git tracks it; false for everything where there is no git. */
  tracked: boolean;
}

interface GitListed extends Listed {
  /** The folder of a submodule, or of another repository inside this one. */
  repository: boolean;
}

/** 256 MiB: a list of millions of names; a longer one is no project. */
const LIST_MAX_BYTES = 256 << 20;

/** What points git at another repository than the one it runs in, as hooks of git set it. */
const REPOSITORY_VARIABLES = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_NAMESPACE',
];

const gitEnv = (env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv => {
  const entries = Object.entries(env).filter(([name]) => !REPOSITORY_VARIABLES.includes(name));
  // Listing must not write to the repository that it looks at.
  return { ...Object.fromEntries(entries), GIT_OPTIONAL_LOCKS: '0' };
};

const refused = (error: Error & { code?: unknown }, stderr: Buffer): PxError => {
  if (error.code === 'ENOENT') {
    return new PxError('bundle_refused', 'This project is a git repository, and git is missing.', {
      hint: 'Install git: px asks it what is ignored.',
      cause: error,
    });
  }
  const words = stderr.toString().trim() || error.message;
  return new PxError('bundle_refused', `git could not list the project's files: ${words}`, {
    hint: 'Try it yourself with: git ls-files',
    cause: error,
  });
};

/** How the record of a submodule begins: its tag, then its mode. */
const SUBMODULE = /^. 160000 /;

/** `? path` of an untracked file, `H 100644 <hash> 0<tab>path` of a tracked one. */
const parseRecord = (record: string): GitListed => {
  if (record.startsWith('?')) {
    const repository = record.endsWith('/');
    return { path: record.slice(2, repository ? -1 : undefined), tracked: false, repository };
  }
  const path = record.slice(record.indexOf('\t') + 1);
  return { path, tracked: true, repository: SUBMODULE.test(record) };
};

const parse = (stdout: Buffer): GitListed[] => {
  const listed: GitListed[] = [];
  // An unmerged file stands there once for each side.
  let last = '';
  for (const record of stdout.toString('latin1').split('\0')) {
    if (record === '') continue;
    const entry = parseRecord(record);
    if (entry.path !== last) listed.push(entry);
    last = entry.path;
  }
  return listed;
};

/**
 * What git tracks in `folder`, and what it neither tracks nor ignores; paths are relative to
 * `folder`. A nested repository is one entry: its folder. Names of deleted files are among them.
 *
 * @throws PxError `bundle_refused` with git's own words
 */
export const gitFiles = (
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<GitListed[]> =>
  new Promise((resolve, reject) => {
    execFile(
      'git',
      ['ls-files', '-z', '-t', '--stage', '--cached', '--others', '--exclude-standard'],
      { cwd: folder, env: gitEnv(env), encoding: 'buffer', maxBuffer: LIST_MAX_BYTES },
      (error, stdout, stderr) => {
        if (error === null) resolve(parse(stdout));
        else reject(refused(error, stderr));
      },
    );
  });
