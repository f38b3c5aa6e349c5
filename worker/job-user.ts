import { chownSync, lchownSync } from 'node:fs';

/** The user of jobs, where the worker is root: it reads nothing of the worker's. */
export interface JobUser {
  uid: number;
  gid: number;
}

/** The mode of a folder on the way to what jobs use: they pass through it and see nothing. */
export const passMode = (user: JobUser | null): number => (user === null ? 0o700 : 0o711);

/** Gives a file or folder that the worker made to the jobs' user. */
export const giveTo = (user: JobUser | null, path: string | Buffer): void => {
  if (user !== null) chownSync(path, user.uid, user.gid);
};

/** The same, of a link itself where it is one. */
export const giveLinkTo = (user: JobUser | null, path: string | Buffer): void => {
  if (user !== null) lchownSync(path, user.uid, user.gid);
};
