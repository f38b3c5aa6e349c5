import { decodeFrames, encodeFrame } from '../../protocol/frames.ts';
import { BlobFrame, BlobsFetch, BlobsMissing } from '../../protocol/messages/bundles.ts';
import { type Answer, failure, sha256 } from './fake-http.ts';

/** Blobs in memory, and the routes that give and take them. */
export class FakeBlobs {
  readonly all = new Map<string, Buffer>();
  /** Every hash that was asked for, in order. */
  readonly fetched: string[] = [];

  add(bytes: Uint8Array | string): string {
    const name = sha256(Buffer.from(bytes));
    this.all.set(name, Buffer.from(bytes));
    return name;
  }

  /** Stores a manifest; entries in any order. */
  addBundle(
    files: Record<string, string | Uint8Array>,
    modes: Record<string, number> = {},
    links: Record<string, string> = {},
  ): string {
    const base64 = (path: string) => Buffer.from(path, 'latin1').toString('base64');
    const entries = [
      ...Object.entries(files).map(([path, content]) => ({
        kind: 'file' as const,
        path: base64(path),
        mode: modes[path] ?? 0o644,
        size: Buffer.from(content).length,
        sha256: this.add(content),
      })),
      ...Object.entries(links).map(([path, target]) => ({
        kind: 'link' as const,
        path: base64(path),
        target: base64(target),
      })),
    ];
    return this.add(JSON.stringify({ version: 1, entries }));
  }

  /** The blobs asked for, in pieces. */
  fetch(body: Buffer): Answer {
    const { hashes } = BlobsFetch.parse(JSON.parse(body.toString()));
    this.fetched.push(...hashes);
    const found = hashes.map((hash) => this.all.get(hash));
    if (found.includes(undefined)) return failure(409, 'blob_missing');
    return { bytes: Buffer.concat(found.flatMap((bytes, at) => piecesOf(hashes[at], bytes))) };
  }

  missing(body: Buffer): Answer {
    const { hashes } = BlobsMissing.parse(JSON.parse(body.toString()));
    return { json: { missing: hashes.filter((hash) => !this.all.has(hash)) } };
  }

  put(body: Buffer): Answer {
    const open = new Map<string, Buffer[]>();
    for (const frame of decodeFrames(body)) {
      const header = BlobFrame.parse(frame.header);
      const parts = open.get(header.sha256) ?? [];
      parts.push(Buffer.from(frame.body));
      open.set(header.sha256, parts);
      if (!header.end) continue;
      const bytes = Buffer.concat(parts);
      if (sha256(bytes) !== header.sha256) return failure(422, 'hash_mismatch');
      this.all.set(header.sha256, bytes);
      open.delete(header.sha256);
    }
    if (open.size > 0) return failure(400, 'bad_request');
    return { json: { ok: true } };
  }
}

/** Pieces of 1 MiB, so that a blob of several is met. */
const piecesOf = (hash: string | undefined, bytes: Buffer | undefined): Uint8Array[] => {
  if (hash === undefined || bytes === undefined) return [];
  const pieces: Uint8Array[] = [];
  let at = 0;
  do {
    const piece = bytes.subarray(at, at + (1 << 20));
    at += 1 << 20;
    pieces.push(encodeFrame({ sha256: hash, end: at >= bytes.length }, piece));
  } while (at < bytes.length);
  return pieces;
};
