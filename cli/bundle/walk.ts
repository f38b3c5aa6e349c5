import { readdirSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import { onDisk, type RawPath, rawFromBytes, rawToText } from './raw-path.ts';

interface Walked {
  path: RawPath;
  /** A folder that is a git repository of its own; it was not entered. */
  repository: boolean;
}

const unreadable = (path: RawPath, cause: unknown): PxError =>
  new PxError('bundle_refused', `px cannot read the folder ${rawToText(path) || '.'}.`, {
    hint: 'Make it readable, or leave it out with exclude: in px.yaml.',
    cause,
  });

const entriesOf = (root: string, folder: RawPath) => {
  try {
    return readdirSync(onDisk(root, folder), { encoding: 'buffer', withFileTypes: true });
  } catch (cause) {
    throw unreadable(folder, cause);
  }
};

/**
 * Everything below a folder but folders themselves and what git keeps; links are not followed.
 *
 * @param repositories `enter` walks nested git repositories too, `report` names them instead
 */
export function* walk(
  root: string,
  folder: RawPath,
  repositories: 'enter' | 'report',
): Generator<Walked> {
  const folders: RawPath[] = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const entries = entriesOf(root, at).map((entry) => ({
      name: rawFromBytes(entry.name),
      isFolder: entry.isDirectory(),
    }));
    if (repositories === 'report' && at !== folder && entries.some((e) => e.name === '.git')) {
      yield { path: at, repository: true };
      continue;
    }
    for (const { name, isFolder } of entries) {
      if (name === '.git') continue;
      const path = at === '' ? name : `${at}/${name}`;
      if (isFolder) folders.push(path);
      else yield { path, repository: false };
    }
  }
}
