import { constants, type FileHandle, open } from 'node:fs/promises';
import { concat } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { ReportReply } from '../../protocol/messages/worker.ts';
import type { Connection } from '../connection.ts';

/** 64 KiB: what is shorter costs less in the request than in a file beside it. */
const FILE_MIN_BYTES = 64 << 10;

/**
 * 2 MiB in a request, well below what the protocol allows: the control plane need not hold more of each
 * worker, and the next one follows at once. 6 MiB through a file, where it holds those of one worker: each
 * report is a sync of its disk and a commit, and nothing else of this worker is recorded meanwhile. With the
 * heads of as many frames as a report may have that is what the protocol allows.
 */
const REQUEST_BYTES = 2 << 20;
const FILE_BYTES = 6 << 20;

/** How reports reach the control plane. */
export interface Delivery {
  /** About so long a report should be at most. */
  readonly maxBytes: number;
  /** Sends a report of so many bytes; the pieces are its body. */
  send(pieces: readonly Uint8Array[], bytes: number, signal: AbortSignal): Promise<ReportReply>;
}

/**
 * In the request, or, where the control plane reads this machine's disk, the large ones through a file
 * of which the request only says how long the report is. The file is written over by each report: one
 * whose reply got lost may be read while the next is being written, and is refused then, since its
 * chunks are not what their hashes say.
 *
 * @param path null where the control plane cannot read it
 */
export const createDelivery = (
  connection: Pick<Connection, 'call'>,
  path: string | null,
): Delivery => {
  let isShared = path !== null;
  let file: Promise<FileHandle> | null = null;
  const writeFile = async (pieces: readonly Uint8Array[], bytes: number): Promise<boolean> => {
    file ??= open(path ?? '', constants.O_WRONLY | constants.O_CREAT, 0o600);
    const { bytesWritten } = await (await file).writev([...pieces], 0);
    // A disk that is full takes less.
    return bytesWritten === bytes;
  };
  return {
    get maxBytes() {
      return isShared ? FILE_BYTES : REQUEST_BYTES;
    },
    send: async (pieces, bytes, signal) => {
      const isLarge = isShared && bytes >= FILE_MIN_BYTES;
      if (!isLarge || !(await writeFile(pieces, bytes).catch(() => false))) {
        return await connection.call('workerReport', { bytes: concat(pieces), signal });
      }
      try {
        return await connection.call('workerReport', { query: { file: bytes }, signal });
      } catch (error) {
        // It may be that the file is not found: the next report goes without.
        isShared = !(error instanceof PxError && error.code === 'bad_request');
        throw error;
      }
    },
  };
};
