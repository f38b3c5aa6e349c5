import * as z from 'zod';

export const CostBy = z.enum(['cluster', 'job', 'day']);
export type CostBy = z.infer<typeof CostBy>;

export const CostsQuery = z.object({ by: CostBy.optional() });

/** What one cluster, job or day (UTC) has cost; USD. */
const CostLine = z.object({
  /** Id of the cluster or job, or the day as 2026-11-21. */
  key: z.string(),
  /** Name of the cluster, or the day. */
  name: z.string(),
  usd: z.number(),
  /** What it costs now. */
  usdPerHour: z.number(),
});
export type CostLine = z.infer<typeof CostLine>;

export const CostsReply = z.object({ by: CostBy, items: z.array(CostLine), totalUsd: z.number() });
