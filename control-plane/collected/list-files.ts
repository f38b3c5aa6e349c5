import { toBase64 } from '../../protocol/bytes.ts';
import type { CollectedFile } from '../../protocol/messages/bundles.ts';
import type { Db } from '../db/open.ts';
import { findFinalAttempt, listVersions } from '../store/collected.ts';
import { resolvePath } from './resolve.ts';

/** What comes home of one path of a job: nothing, a file, or one for each node that differs. */
export const filesOfPath = (db: Db, jobId: string, path: Buffer): CollectedFile[] => {
  const rows = listVersions(db, jobId, path);
  const names = new Map(rows.map(({ row, nodeName }) => [row.nodeId, nodeName ?? row.nodeId]));
  const resolved = resolvePath(
    rows.map(({ row }) => ({ ...row, node: row.nodeId })),
    (partition) => findFinalAttempt(db, jobId, partition),
  );
  const files = (resolved?.versions ?? []).map(({ node, sha256, size, mode }) => ({
    path: toBase64(path),
    sha256,
    size,
    mode,
    node,
    nodeName: names.get(node) ?? node,
    conflict: resolved?.conflict ?? false,
  }));
  return files.sort((a, b) => (a.nodeName < b.nodeName ? -1 : 1));
};
