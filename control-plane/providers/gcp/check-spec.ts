import { PxError } from '../../../protocol/errors.ts';
import type { ClusterSpec } from '../../../protocol/messages/clusters.ts';
import { toGb } from './plan.ts';

/** What the cloud takes as maxRunDuration (cloud.google.com/compute/docs/instances/limit-vm-runtime). */
const LIFETIME_MIN_MS = 30_000;
const LIFETIME_MAX_DAYS = 120;
const DAY_MS = 86_400_000;
/** Google's Debian images are disks of 10 GB, and a boot disk is no smaller than its image. */
const IMAGE_GB = 10;

const refuse = (key: string, expected: string, is: string): PxError =>
  new PxError('bad_request', `Expected cluster.${key} to be ${expected}, got ${is}.`, {
    hint: `Set cluster.${key} in px.yaml, or leave it out.`,
  });

/** Throws `bad_request` for what the cloud would refuse once the first machine is asked for. */
export const checkSpec = ({ maxLifetimeMs, diskBytes, image }: ClusterSpec): void => {
  const isShort = maxLifetimeMs > 0 && maxLifetimeMs < LIFETIME_MIN_MS;
  if (isShort || maxLifetimeMs > LIFETIME_MAX_DAYS * DAY_MS) {
    throw refuse('max_lifetime', '30s to 120d, or 0', `${maxLifetimeMs / 1000}s`);
  }
  if (diskBytes === undefined || image !== undefined || toGb(diskBytes) >= IMAGE_GB) return;
  throw refuse('disk_per_node', `at least ${IMAGE_GB}GB, as its image is`, `${toGb(diskBytes)}GB`);
};
