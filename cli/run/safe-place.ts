import { lstatSync, mkdirSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import { dirOf, onDisk, type RawPath, rawToText } from '../bundle/raw-path.ts';

const refuse = (path: RawPath, why: string): PxError =>
  new PxError('bad_input', `The collected file ${rawToText(path)} was not written: ${why}.`, {
    hint: 'Bring it elsewhere: px job pull ID --to DIR',
  });

/** A relative path without `.`, `..` or empty parts, and nothing that git keeps. */
const isProper = (path: RawPath): boolean =>
  path !== '' &&
  !path.includes('\0') &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.git');

/**
 * Makes the folders of a file that comes home. Neither the path nor a link on the way may lead out.
 *
 * @throws PxError `bad_input`
 */
export const makePlace = (root: string, path: RawPath): void => {
  if (!isProper(path)) throw refuse(path, 'its path leaves the project');
  const parts = dirOf(path)
    .split('/')
    .filter((part) => part !== '');
  let folder = '';
  for (const part of parts) {
    folder = folder === '' ? part : `${folder}/${part}`;
    const stat = lstatSync(onDisk(root, folder), { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(onDisk(root, folder));
    else if (!stat.isDirectory()) throw refuse(path, `${rawToText(folder)} is no folder here`);
  }
};
