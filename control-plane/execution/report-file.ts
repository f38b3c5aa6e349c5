import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { REPORT_FILE, REPORT_MAX_BYTES } from '../../protocol/messages/worker.ts';
import type { Deps } from '../deps.ts';
import { nodeFolder } from '../node-folder.ts';

const readWhole = async (handle: FileHandle, bytes: Buffer): Promise<void> => {
  for (let have = 0; have < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, have, bytes.length - have, have);
    if (bytesRead === 0) {
      const length = `${have} of ${bytes.length} bytes`;
      throw new PxError('bad_request', `The file of the report ends after ${length}.`);
    }
    have += bytesRead;
  }
};

const openReport = async (deps: Deps, nodeId: string): Promise<FileHandle> => {
  try {
    return await open(join(nodeFolder(deps.dataDir, nodeId), REPORT_FILE), 'r');
  } catch (cause) {
    throw new PxError('bad_request', 'The node shares no file with this control plane.', { cause });
  }
};

/**
 * Gives `work` a copy of the report that stands in the node's file, valid until it is over. Throws
 * `bad_request` where there is no such report, `too_large`.
 */
export const withReportFile = async <T>(
  deps: Deps,
  nodeId: string,
  length: number,
  work: (report: Uint8Array) => Promise<T>,
): Promise<T> => {
  if (length > REPORT_MAX_BYTES) {
    const message = `Expected a report of ${REPORT_MAX_BYTES} bytes at most, got ${length}.`;
    throw new PxError('too_large', message);
  }
  return await deps.execution.reportSpaces.use(length, async (report) => {
    const handle = await openReport(deps, nodeId);
    await readWhole(handle, report).finally(() => handle.close());
    return await work(report);
  });
};
