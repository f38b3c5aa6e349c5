/** Content-addressed files under `blobs/`, named by SHA-256; present means whole, hashed and durable. */
export interface BlobStore {
  has(sha256: string): Promise<boolean>;
  /** Stores bytes; throws `hash_mismatch` where they are not what the name says. */
  put(sha256: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Begins to store many blobs that become durable together, with one sync pass. */
  batch(): BlobBatch;
  size(sha256: string): Promise<number | null>;
  /** Throws `blob_missing`. */
  read(sha256: string): Promise<Uint8Array>;
  stream(sha256: string): ReadableStream<Uint8Array>;
  /** Blobs that were removed since the start: while it stays the same, what was there is there. */
  readonly removed: number;
  /** Deletes the blob if `isUnused` still says so; nothing is stored meanwhile. */
  remove(sha256: string, isUnused: () => boolean): Promise<void>;
  /** Deletes what requests that never ended left behind before that time. */
  removeUnfinished(before: number): Promise<void>;
}

/** Blobs of one request. */
export interface BlobBatch {
  /** The next piece of the blob that is being written; another name begins another blob. */
  piece(sha256: string, bytes: Uint8Array): Promise<void>;
  /** The blob that is being written is whole. Throws `hash_mismatch`. */
  end(sha256: string): Promise<void>;
  /**
   * Makes all of them durable and visible, then calls `record` with their sizes by name; no blob is
   * removed between the two.
   */
  commit(record: (sizes: ReadonlyMap<string, number>) => void): Promise<void>;
  /** Forgets what was not committed. */
  abort(): Promise<void>;
}
