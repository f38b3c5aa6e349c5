import { createHash } from 'node:crypto';
import { show } from '../protocol/bytes.ts';
import type { WantedTree } from './bundle/entry.ts';

const NAME_CHARACTER = /[\w.-]/;

/** Whether a name stands in the text as a word of its own. */
const names = (text: string, name: string): boolean => {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const before = text.charAt(at - 1);
    const after = text.charAt(at + name.length);
    // A dot after a name may end a sentence in a comment; a path may stand before it.
    if (!NAME_CHARACTER.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
};

/** Names a setup: its text, and every file of the bundle whose name stands in it. */
export const setupId = (text: string, tree: WantedTree): string => {
  const hash = createHash('sha256').update(text);
  for (const [path, wanted] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const base = show(Buffer.from(path.slice(path.lastIndexOf('/') + 1), 'latin1'));
    if (wanted.kind !== 'file' || !names(text, base)) continue;
    hash.update(`\0${path}\0${wanted.content}\0${wanted.mode}`, 'latin1');
  }
  return hash.digest('hex').slice(0, 32);
};
