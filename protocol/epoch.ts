import * as z from 'zod';

/**
 * The fencing token of a lease. The generation is drawn at random at every start of the control
 * plane, the counter grows inside the claiming transaction: a database restored from a backup can
 * never hand out an epoch that was given before. A report counts if and only if its epoch equals
 * the partition's current one.
 */
export const Epoch = z.string().regex(/^[0-9a-f]{16}:\d+$/);
export type Epoch = z.infer<typeof Epoch>;

/** Writes an epoch: 16 hex digits of generation, a colon, the counter. */
export const makeEpoch = (generation: string, counter: number): Epoch => `${generation}:${counter}`;
