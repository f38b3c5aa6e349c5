import type { Notice } from '../../machines/notice.ts';

const METADATA = 'http://metadata.google.internal/computeMetadata/v1/instance/preempted';

/** The metadata server says TRUE when a Spot VM is taken back (cloud.google.com/compute/docs/instances/spot). */
export const PREEMPTION: Notice = {
  url: METADATA,
  // One answer a minute at least, so that a connection that died is noticed.
  waitUrl: `${METADATA}?wait_for_change=true&timeout_sec=60`,
  headers: { 'metadata-flavor': 'Google' },
  value: 'TRUE',
  graceMs: 30_000,
};
