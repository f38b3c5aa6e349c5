import { PassedReason } from '../../protocol/messages/pricing.ts';

const CODES = new Map<PassedReason, number>(
  PassedReason.options.map((reason, index) => [reason, index + 1]),
);

/** A reason as a number that fits a byte; 0 for none. Columns of these are scanned in no time. */
export const reasonCode = (reason: PassedReason | null): number =>
  reason === null ? 0 : (CODES.get(reason) ?? 0);

/** The reason of a code; null of 0. */
export const reasonOf = (code: number): PassedReason | null =>
  PassedReason.options[code - 1] ?? null;
