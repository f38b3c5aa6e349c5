import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { isShellOwn } from '../simple-command.ts';

const isRunnable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** Whether the shell would find a program of that name and may run it. */
const isThere = (program: string, path: string, cwd: string): boolean => {
  if (isShellOwn(program)) return true;
  if (program.includes('/')) return isRunnable(resolve(cwd, program));
  return path.split(delimiter).some((dir) => isRunnable(resolve(cwd, dir, program)));
};

/** 64 names that were found last: a job with the program's name in its lines has many. */
const MAX = 64;

/** Remembers which programs are there. */
export const createLookUp = (): ((program: string, path: string, cwd: string) => boolean) => {
  const found = new Set<string>();
  return (program, path, cwd) => {
    const key = `${cwd}\0${path}\0${program}`;
    if (found.has(key)) return true;
    if (!isThere(program, path, cwd)) return false;
    if (found.size >= MAX) found.clear();
    found.add(key);
    return true;
  };
};
