import { lstatSync } from 'node:fs';

/**
 * A path as the disk has it: one character (0–255) for each byte, `/` between parts, relative to the
 * project. No bytes are lost, and strings of it compare and sort as their bytes do.
 */
export type RawPath = string;

export const rawFromBytes = (bytes: Uint8Array): RawPath =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

export const rawFromText = (text: string): RawPath => rawFromBytes(Buffer.from(text));

const rawToBytes = (path: RawPath): Buffer => Buffer.from(path, 'latin1');

export const rawToBase64 = (path: RawPath): string => btoa(path);

export const rawFromBase64 = (text: string): RawPath => atob(text);

/** For people, and for globs: what is no UTF-8 shows as U+FFFD. */
export const rawToText = (path: RawPath): string =>
  isAscii(path) ? path : rawToBytes(path).toString();

/** What node:fs takes for a path below `root`. */
export const onDisk = (root: string, path: RawPath): string | Buffer => {
  if (path === '') return root;
  const prefix = root === '/' ? '/' : `${root}/`;
  return isAscii(path) ? prefix + path : Buffer.concat([Buffer.from(prefix), rawToBytes(path)]);
};

/**
 * What stands at a path; a link is a file here, whatever it points to. Null too for what cannot be a
 * path at all: any line of an input may be asked about, also a long one, or one below a file.
 */
export const existsOnDisk = (root: string, path: RawPath): 'file' | 'folder' | null => {
  try {
    const stat = lstatSync(onDisk(root, path), { throwIfNoEntry: false });
    if (stat === undefined) return null;
    return stat.isDirectory() ? 'folder' : 'file';
  } catch {
    return null;
  }
};

export const baseOf = (path: RawPath): RawPath => path.slice(path.lastIndexOf('/') + 1);

/** The folder of a path; empty for the project itself. */
export const dirOf = (path: RawPath): RawPath => {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
};

const BEYOND_ASCII = /[\x80-\xff]/;

const isAscii = (path: RawPath): boolean => !BEYOND_ASCII.test(path);
