import { createHash } from 'node:crypto';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { encodeHead } from '../../protocol/frames.ts';
import { BLOB_PIECE_BYTES, type BlobFrame } from '../../protocol/messages/bundles.ts';
import type { Bundle } from './bundle.ts';
import { filePieces } from './hash-file.ts';
import type { HashedFile } from './manifest.ts';
import { type RawPath, rawToText } from './raw-path.ts';

/** 32 MiB: what one request carries, and what the CLI holds of a bundle in memory. */
const BATCH_BYTES = 32 << 20;

/** 20,000 hashes are 1.4 MB of JSON. */
const ASK_AT_ONCE = 20_000;

/** A file changed between its hashing and its sending. */
export class FileChanged extends PxError {
  readonly path: RawPath;
  constructor(path: RawPath) {
    super('bundle_refused', `${rawToText(path)} changes while px reads it.`, {
      hint: 'Wait until it is written, or leave it out with exclude: in px.yaml.',
    });
    this.path = path;
  }
}

const missingOf = async (client: Client, hashes: readonly string[]): Promise<Set<string>> => {
  const missing = new Set<string>();
  for (let at = 0; at < hashes.length; at += ASK_AT_ONCE) {
    const part = hashes.slice(at, at + ASK_AT_ONCE);
    const reply = await client.call('blobsMissing', { json: { hashes: part } });
    for (const hash of reply.missing) missing.add(hash);
  }
  return missing;
};

interface BlobPart {
  header: BlobFrame;
  body: Uint8Array;
}

/**
 * A file in frames. Its end goes out only when the whole is what its hash says: the control plane
 * never sees a wrong one.
 */
async function* framesOf(root: string, file: HashedFile): AsyncGenerator<BlobPart> {
  const { path, sha256, size } = file;
  const hash = createHash('sha256');
  let left = size;
  let last: Uint8Array = new Uint8Array(0);
  for await (const piece of filePieces(root, path, Math.min(BLOB_PIECE_BYTES, size + 1))) {
    hash.update(piece);
    left -= piece.length;
    if (left < 0) throw new FileChanged(path);
    if (left > 0) yield { header: { sha256, end: false }, body: piece };
    else last = piece;
  }
  if (left !== 0 || hash.digest('hex') !== sha256) throw new FileChanged(path);
  yield { header: { sha256, end: true }, body: last };
}

/** Sends a file that is no part of a batch as it is read, without holding it. */
const streamFile = async (client: Client, root: string, file: HashedFile): Promise<void> => {
  let changed: unknown = null;
  const bytes = async function* () {
    try {
      for await (const { header, body } of framesOf(root, file)) {
        yield encodeHead(header, body.length);
        yield body;
      }
    } catch (error) {
      changed = error;
      throw error;
    }
  };
  try {
    await client.call('blobsPut', { bytes: ReadableStream.from(bytes()) });
  } catch (error) {
    // A request that its own body broke off looks like a broken network.
    throw changed ?? error;
  }
};

/** Collects frames and sends them in requests of about BATCH_BYTES; a blob never spans two. */
class Batches {
  readonly #client: Client;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  add({ header, body }: BlobPart): void {
    const head = encodeHead(header, body.length);
    this.#parts.push(head, body);
    this.#bytes += head.length + body.length;
  }

  /** Sends what is held, unless `next` more bytes fit beside it. */
  async flush(next = BATCH_BYTES): Promise<void> {
    if (this.#parts.length === 0 || this.#bytes + next <= BATCH_BYTES) return;
    const bytes = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    await this.#client.call('blobsPut', { bytes });
  }
}

interface UploadOptions {
  /** Asks for every file though the manifest is known. */
  whole?: boolean;
  /** Told what lacks before it is sent. */
  onSending?: (files: number, bytes: number) => void;
}

/**
 * Brings everything of the bundle to the control plane that it lacks. A known manifest means that
 * all is there.
 *
 * @returns the number of files sent
 * @throws FileChanged
 */
export const uploadBundle = async (
  client: Client,
  bundle: Bundle,
  { whole = false, onSending }: UploadOptions = {},
): Promise<number> => {
  const known = (await missingOf(client, [bundle.id])).size === 0;
  if (known && !whole) return 0;
  const byHash = new Map(bundle.files.map((file) => [file.sha256, file]));
  const missing = await missingOf(client, [...byHash.keys()]);
  const lacking = [...missing].flatMap((hash) => byHash.get(hash) ?? []);
  onSending?.(
    lacking.length,
    lacking.reduce((sum, { size }) => sum + size, 0),
  );
  const batches = new Batches(client);
  for (const file of lacking) {
    if (file.size > BATCH_BYTES) {
      await streamFile(client, bundle.root, file);
      continue;
    }
    await batches.flush(file.size);
    for await (const part of framesOf(bundle.root, file)) batches.add(part);
  }
  await batches.flush();
  // Last, so that a manifest that is there vouches for its files.
  if (known) return missing.size;
  for (let at = 0; at < bundle.manifest.length; at += BLOB_PIECE_BYTES) {
    const end = at + BLOB_PIECE_BYTES;
    const header = { sha256: bundle.id, end: end >= bundle.manifest.length };
    batches.add({ header, body: bundle.manifest.subarray(at, end) });
  }
  await batches.flush();
  return missing.size;
};
