import type { Outcome } from '../../protocol/messages/jobs.ts';
import type { JobRow } from '../store/job-progress.ts';
import { findNodeName } from '../store/nodes.ts';
import type { PartitionRow } from '../store/partitions.ts';
import type { Change } from './change.ts';

const nodeName = (change: Change, nodeId: string | null): string | null =>
  nodeId === null ? null : (findNodeName(change.deps.db, nodeId) ?? nodeId);

/** Records that a partition is final: its output is that of this attempt. */
export const recordCommitted = (
  change: Change,
  job: JobRow,
  row: PartitionRow,
  outcome: Outcome,
): void => {
  change.record(
    job,
    'committed',
    { partition: row.number, attempt: row.attempt },
    {
      outcome,
      node: nodeName(change, row.nodeId),
      lines: row.lines,
      firstLine: row.firstLine,
      startedAt: row.startedAt,
      runtimeMs: row.runtimeMs ?? 0,
      inputBytes: row.length,
      outputBytes: row.outputBytes,
      hash: row.hash,
    },
  );
};

/** Records that an attempt ended that does not count: the partition runs again. */
export const recordSuperseded = (
  change: Change,
  job: JobRow,
  row: PartitionRow,
  outcome: Outcome,
): void => {
  change.record(
    job,
    'superseded',
    { partition: row.number, attempt: row.attempt },
    { outcome, node: nodeName(change, row.nodeId) ?? '' },
  );
};
