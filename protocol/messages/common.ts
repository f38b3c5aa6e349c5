import * as z from 'zod';

/** Milliseconds since 1970 by the control plane's clock: for people, never for deadlines. */
export const Timestamp = z.int().min(0);

/** A count in a counter column. */
export const Count = z.int().min(0);

/** Query strings carry text; these read numbers and flags from them. */
export const queryInt = z.coerce.number().int().min(0);
export const queryFlag = z
  .enum(['0', '1', 'true', 'false'])
  .transform((v) => v === '1' || v === 'true');

/** The answer of a list: items and the cursor of the next page, null on the last. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

/** The query of a list. */
export const PageQuery = z.object({
  limit: queryInt.min(1).max(1000).optional(),
  cursor: z.string().optional(),
});

/** An answer that says no more than "done". */
export const Done = z.object({ ok: z.literal(true) });
