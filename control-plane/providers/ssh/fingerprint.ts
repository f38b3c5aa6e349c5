import { createHash } from 'node:crypto';

/** `SHA256:… (ssh-ed25519)` of a key `ssh-ed25519 AAAA…`, as ssh shows it. */
export const fingerprintOf = (key: string): string => {
  const [type = '', blob = ''] = key.split(' ');
  const hash = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')} (${type})`;
};
