import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PxError } from '../protocol/errors.ts';
import type { Sealer } from './sealer.ts';

const KEY_BYTES = 32;
/** 96 bits, what GCM is made for; drawn at random for every seal. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const readKey = (path: string): Buffer | null => {
  try {
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw cause;
  }
};

const syncFolder = (path: string): void => {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Makes the key file in one step: a link of a whole, synced file, which fails where one is there. */
const makeKey = (path: string): void => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(fd, randomBytes(KEY_BYTES));
    fsyncSync(fd);
    linkSync(temporary, path);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
  } finally {
    closeSync(fd);
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
};

const damaged = (cause?: unknown): PxError =>
  new PxError('database_damaged', 'A sealed environment cannot be opened with this key.', {
    hint: 'Submit the job again; restore `key` beside px.db if it was replaced.',
    cause,
  });

/** A sealer with the 32-byte key in `keyPath`, which is made (0600) where it lacks. */
export const createSealer = (keyPath: string): Sealer => {
  if (readKey(keyPath) === null) makeKey(keyPath);
  const key = readKey(keyPath);
  if (key?.length !== KEY_BYTES) throw damaged();
  return {
    seal: (plain) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open: (sealed) => {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      if (tag.length !== TAG_BYTES) throw damaged();
      const decipher = createDecipheriv('aes-256-gcm', key, nonce);
      decipher.setAuthTag(tag);
      try {
        const plain = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([plain, decipher.final()]);
      } catch (cause) {
        throw damaged(cause);
      }
    },
  };
};
