import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type PxOverrides, type PxResult, runPx, tempDir } from './run-px.ts';

/** A PX_HOME with its own control plane, which ends with the test; px runs in this process. */
export interface PxHome {
  home: string;
  /** An empty directory to work in. */
  cwd: string;
  px(words: string | readonly string[], overrides?: PxOverrides): Promise<PxResult>;
  /** The same, for what has to succeed; gives its stdout as JSON. */
  pxJson(words: string | readonly string[]): Promise<never>;
}

/** Starts nothing by itself: the first px command does. */
export const pxHome = (t: { after(undo: () => unknown): void }): PxHome => {
  const folder = tempDir(t);
  const home = join(folder, 'home');
  const cwd = join(folder, 'work');
  mkdirSync(cwd);
  const px: PxHome['px'] = (words, { env, ...overrides } = {}) =>
    runPx(words, { cwd, env: { PX_HOME: home, ...env }, ...overrides });
  t.after(() => px('server stop --force'));
  return {
    home,
    cwd,
    px,
    pxJson: async (words) => {
      const all = typeof words === 'string' ? `${words} --json` : [...words, '--json'];
      const { stdout, stderr, status } = await px(all);
      if (status !== 0) throw new Error(`px ${all} ended with ${status}: ${stderr}`);
      return JSON.parse(stdout) as never;
    },
  };
};
