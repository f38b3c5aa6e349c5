/**
 * A path inside a tree, relative, with `/`: its bytes as latin1, one character a byte. Sorts and
 * compares as bytes do, and serves as a key of maps.
 */
export type BytePath = string;

/** What should stand at a path. */
export type Wanted =
  | { kind: 'dir'; mode: number }
  | { kind: 'link'; target: BytePath }
  | {
      kind: 'file';
      mode: number;
      size: number;
      /** Equal contents have equal names: a SHA-256, or a file of a setup layer. */
      content: string;
      /** Where the bytes are to be copied from. */
      source: Buffer | string;
    };

export type WantedTree = ReadonlyMap<BytePath, Wanted>;

/** What was laid down at a path, and how to see that nobody has touched it since. */
export interface Laid {
  wanted: Wanted;
  signature: string;
  ctimeMs: number;
}

/** An absolute path as bytes. */
export const pathIn = (root: string, path: BytePath): Buffer =>
  Buffer.concat([Buffer.from(root), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);

/** The folder that a path stands in; '' for the root. */
export const parentOf = (path: BytePath): BytePath =>
  path.slice(0, Math.max(0, path.lastIndexOf('/')));
