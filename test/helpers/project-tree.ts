import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Bundle, makeBundle } from '../../cli/bundle/bundle.ts';
import type { Project } from '../../cli/project.ts';

/** A throw-away project on disk. */
export interface Tree {
  root: string;
  pxHome: string;
  /** Writes a file and returns its absolute path; a Buffer is a name that may be no UTF-8. */
  write(name: string | Buffer, content?: string | Uint8Array, mode?: number): void;
  git(...args: readonly string[]): void;
  bundle(
    config?: Project['config'],
    more?: Partial<Parameters<typeof makeBundle>[0]>,
  ): Promise<Bundle>;
}

const AUTHOR = ['-c', 'user.name=px', '-c', 'user.email=px@example.org'];

/** The environment without what a surrounding git hook may have set. */
const ENV = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };

export const makeTree = (t: { after(undo: () => void): void }, options = { git: true }): Tree => {
  const folder = mkdtempSync(join(tmpdir(), 'px-tree-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [root, pxHome] = [join(folder, 'project'), join(folder, 'px-home')];
  mkdirSync(root);
  mkdirSync(pxHome);
  const git = (...args: readonly string[]): void => {
    execFileSync('git', [...AUTHOR, ...args], { cwd: root, env: ENV, stdio: 'pipe' });
  };
  if (options.git) git('init', '-q', '.');
  return {
    root,
    pxHome,
    git,
    write: (name, content = '', mode = 0o644) => {
      const path =
        typeof name === 'string'
          ? join(root, name)
          : Buffer.concat([Buffer.from(`${root}/`), name]);
      if (typeof path === 'string') mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      chmodSync(path, mode);
    },
    bundle: (config = {}, more = {}) =>
      makeBundle({
        project: { root, configPath: null, git: options.git, config },
        env: ENV,
        home: '/nonexistent',
        pxHome,
        now: () => Date.now(),
        ...more,
      }),
  };
};
