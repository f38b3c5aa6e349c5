import { fromBase64, show } from '../../protocol/bytes.ts';
import type { Command, JobView } from '../../protocol/messages/jobs.ts';
import { shellQuote } from '../../protocol/quote.ts';
import { clusterCost } from '../costs/report.ts';
import type { Db } from '../db/open.ts';
import { exitOf } from '../scheduler/exit.ts';
import type { JobRow } from '../store/job-progress.ts';
import { countCollectedFiles } from '../store/jobs.ts';

/** Control characters, and those that turn the direction of text: they drive terminals or deceive. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const escapeChar = (char: string): string =>
  `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}}`;

const PLAIN = /^[\w@%+=:,./-]+$/;

const word = (bytes: Uint8Array): string => {
  const text = show(bytes);
  return PLAIN.test(text) ? text : show(shellQuote(bytes));
};

/** The command for people to read: printable, whatever its bytes are. */
const showCommand = (command: Command): string => {
  const text =
    command.kind === 'shell'
      ? show(fromBase64(command.source))
      : command.words.map((base64) => word(fromBase64(base64))).join(' ');
  return text.replaceAll(UNPRINTABLE, escapeChar);
};

const exitStatus = ({ state, failed, failedStatus, problemCode }: JobRow): number | null =>
  state === 'queued' || state === 'running'
    ? null
    : exitOf({ state, failed, failedStatus, problemCode });

/** A job as the API shows it. */
export const viewJob = (db: Db, row: JobRow, now: number): JobView => ({
  id: row.id,
  name: row.spec.name,
  cluster: row.clusterName,
  state: row.state,
  command: showCommand(row.spec.command),
  spec: row.spec,
  counters: {
    partitions: row.partitions,
    leased: row.leased,
    succeeded: row.succeeded,
    failed: row.failed,
    canceled: row.canceled,
    lines: row.lines,
    linesDone: row.linesDone,
    inputBytes: row.inputLength,
    inputBytesDone: row.inputBytesDone,
    outputBytes: row.outputBytes,
    attempts: row.attempts,
    linesFailed: row.linesFailed,
  },
  inputSealed: row.spec.input.kind === 'none' || row.sealedLength !== null,
  exit: exitStatus(row),
  problem:
    row.problemCode === null
      ? null
      : { code: row.problemCode, message: row.problemMessage ?? row.problemCode },
  createdAt: row.createdAt,
  startedAt: row.startedAt,
  endedAt: row.endedAt,
  collectedFiles: row.spec.collect.length === 0 ? 0 : countCollectedFiles(db, row.id),
  collectedFetched: row.collectedFetched,
  costUsd:
    row.startedAt === null ? 0 : clusterCost(db, row.clusterId, row.startedAt, row.endedAt ?? now),
});
