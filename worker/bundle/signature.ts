import { lstatSync, type Stats } from 'node:fs';
import type { BytePath } from './entry.ts';
import { pathIn } from './entry.ts';

/**
 * What changes with every change of a file: ctime cannot be set by a program, so that a restored
 * mtime hides nothing. A folder's times change with its entries, which are looked at themselves.
 */
export const signatureOf = (stats: Stats): string =>
  stats.isDirectory()
    ? `d ${stats.mode}`
    : `${stats.ino} ${stats.mode} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.nlink}`;

/** The stats of a path; null where nothing is. Does not follow links. */
export const statOf = (root: string, path: BytePath): Stats | null =>
  lstatSync(pathIn(root, path), { throwIfNoEntry: false }) ?? null;
