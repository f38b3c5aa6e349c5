import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { encodeFrame } from '../../protocol/frames.ts';
import { JobId, Sha256 } from '../../protocol/ids.ts';
import { BLOB_PIECE_BYTES } from '../../protocol/messages/bundles.ts';
import type { JobSpec } from '../../protocol/messages/jobs.ts';

/** Beside the joblog: which job wrote it last, whose cut the next one keeps. */
export const sidecarOf = (joblog: string): string => `${joblog}.px.json`;

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new PxError('bad_input', `The joblog ${path} cannot be read.`, {
      hint: 'Name the file that an earlier px run --joblog wrote.',
      cause: error,
    });
  }
};

/**
 * The hashes of the rows that succeeded.
 *
 * @throws PxError `bad_input` where this is no joblog of px
 */
export const doneHashes = (text: string): string[] => {
  const [head = '', ...rows] = text.split('\n');
  const columns = head.split('\t');
  const [exit, signal, hash] = ['Exitval', 'Signal', 'Hash'].map((name) => columns.indexOf(name));
  if (exit === undefined || signal === undefined || hash === undefined || hash === -1) {
    throw new PxError('bad_input', 'Expected a joblog of px, with a column Hash.', {
      hint: 'Only what px run --joblog wrote can be resumed; leave --resume out to begin anew.',
    });
  }
  return rows.flatMap((row) => {
    const cells = row.split('\t');
    const found = cells[hash] ?? '';
    const done = cells[exit] === '0' && cells[signal] === '0' && Sha256.safeParse(found).success;
    return done ? [found] : [];
  });
};

const previousJob = (joblog: string): string | null => {
  try {
    const { job } = JSON.parse(readText(sidecarOf(joblog)) ?? '{}') as { job?: unknown };
    return JobId.safeParse(job).data ?? null;
  } catch {
    return null;
  }
};

/** Remembers which job writes the joblog now. */
export const writeSidecar = (joblog: string, job: string): void => {
  const path = sidecarOf(joblog);
  writeFileSync(`${path}.tmp`, `${JSON.stringify({ job })}\n`);
  renameSync(`${path}.tmp`, path);
};

const putBlob = async (client: Client, bytes: Uint8Array): Promise<string> => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const frames: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += BLOB_PIECE_BYTES) {
    const end = at + BLOB_PIECE_BYTES >= bytes.length;
    frames.push(encodeFrame({ sha256, end }, bytes.subarray(at, at + BLOB_PIECE_BYTES)));
  }
  await client.call('blobsPut', { bytes: Buffer.concat(frames) });
  return sha256;
};

/** What of the job is done, as the joblog says; null where there is no joblog yet. */
export const prepareResume = async (client: Client, joblog: string): Promise<JobSpec['resume']> => {
  const text = readText(joblog);
  if (text === null || text === '') return null;
  const done = Buffer.from(doneHashes(text).join(''), 'hex');
  return { job: previousJob(joblog), done: await putBlob(client, done) };
};
