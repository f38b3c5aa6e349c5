import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ignore from 'ignore';

const PX_IGNORE = '.pxignore';

/** Whether `.pxignore`, in the syntax of .gitignore, leaves a path out; null where there is none. */
export const readPxIgnore = (root: string): ((path: string) => boolean) | null => {
  let text: string;
  try {
    text = readFileSync(join(root, PX_IGNORE), 'utf8');
  } catch {
    return null;
  }
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add(text);
  return (path) => rules.ignores(path);
};
