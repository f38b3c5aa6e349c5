import type { JobView } from '../../protocol/messages/jobs.ts';
import { testSpec } from './job-spec.ts';

const COUNTERS: JobView['counters'] = {
  partitions: 1,
  leased: 0,
  succeeded: 1,
  failed: 0,
  canceled: 0,
  lines: 0,
  linesDone: 0,
  inputBytes: 0,
  inputBytesDone: 0,
  outputBytes: 0,
  attempts: 1,
  linesFailed: 0,
};

/** A job as the API shows it: one that succeeded, but for what a test changes. */
export const jobView = (
  changes: Partial<Omit<JobView, 'counters'>> = {},
  counters: Partial<JobView['counters']> = {},
): JobView => ({
  id: 'j0123456789',
  name: null,
  cluster: 'local',
  state: 'succeeded',
  command: 'true',
  spec: testSpec,
  counters: { ...COUNTERS, ...counters },
  inputSealed: true,
  exit: 0,
  problem: null,
  createdAt: 0,
  startedAt: 0,
  endedAt: 1,
  collectedFiles: 0,
  collectedFetched: false,
  costUsd: 0,
  ...changes,
});
