import { concat, toBase64, utf8 } from '../../protocol/bytes.ts';
import type { Client } from '../../protocol/client.ts';
import { encodeFrame } from '../../protocol/frames.ts';
import type { BundleEntry, Manifest } from '../../protocol/messages/bundles.ts';
import { sha256 } from './jobs.ts';

/** The body that stores blobs, each in one frame. */
export const blobBody = (...blobs: Uint8Array[]): Uint8Array<ArrayBuffer> =>
  concat(blobs.map((bytes) => encodeFrame({ sha256: sha256(bytes), end: true }, bytes)));

export const putBlobs = async (client: Client, ...blobs: Uint8Array[]): Promise<void> => {
  await client.call('blobsPut', { bytes: blobBody(...blobs) });
};

/** An entry of a bundle: a file of these bytes. */
export const fileEntry = (path: string, content: Uint8Array): BundleEntry => ({
  kind: 'file',
  path: toBase64(utf8(path)),
  mode: 0o644,
  size: content.length,
  sha256: sha256(content),
});

export const linkEntry = (path: string, target: string): BundleEntry => ({
  kind: 'link',
  path: toBase64(utf8(path)),
  target: toBase64(utf8(target)),
});

/** The bytes of a manifest. */
export const manifestOf = (...entries: BundleEntry[]): Uint8Array<ArrayBuffer> =>
  utf8(JSON.stringify({ version: 1, entries } satisfies Manifest));
