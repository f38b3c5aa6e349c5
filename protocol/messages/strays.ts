import * as z from 'zod';
import { ProviderName } from '../px-yaml.ts';
import { ClusterAccess } from './clusters.ts';
import { Timestamp } from './common.ts';

/** In whose accounts to look: the caller's, beside those of the clusters that ever were. */
export const StraysAsk = z.strictObject({
  access: ClusterAccess.optional(),
  project: z.string().min(1).optional(),
});
export type StraysAsk = z.infer<typeof StraysAsk>;

/** A machine with px's labels that no cluster of this control plane knows. */
export const Stray = z.object({
  provider: ProviderName,
  project: z.string(),
  zone: z.string(),
  name: z.string(),
  /** The cloud's own. */
  id: z.string(),
  instanceType: z.string(),
  /** As the cloud says it: RUNNING, TERMINATED … */
  status: z.string(),
  /** What its labels say, which anybody may write. */
  cluster: z.string(),
  controlPlane: z.string(),
  /** The label names this control plane. */
  isOwn: z.boolean(),
  createdAt: Timestamp,
});
export type Stray = z.infer<typeof Stray>;

/** `problems`: accounts that could not be looked at. What stands there is unknown. */
export const StraysReply = z.object({ items: z.array(Stray), problems: z.array(z.string()) });
export type StraysReply = z.infer<typeof StraysReply>;

/** One of them, by its name and the cloud's own id. */
export const StrayDelete = StraysAsk.extend({ name: z.string().min(1), id: z.string().min(1) });
export type StrayDelete = z.infer<typeof StrayDelete>;
