import type { PriceRow } from '../store/prices.ts';

/** A time in which a node's price did not change; `to` is null while it lasts. USD an hour. */
export interface Segment {
  nodeId: string;
  from: number;
  to: number | null;
  usdPerHour: number;
  /** What falls due at `from` at once. */
  usd: number;
}

const HOUR_MS = 3_600_000;
/** Machines are billed by the second, one minute at least (cloud.google.com/compute/vm-instance-pricing). */
const MACHINE_MIN_MS = 60_000;

const isOff = ({ machine }: PriceRow): boolean => machine === 0;

/** The time until which a machine that went off is paid for at least. */
const paidUntil = (rows: readonly PriceRow[], index: number): number => {
  const row = rows[index];
  const before = rows.slice(0, index).findLastIndex(isOff);
  const start = rows.slice(before + 1, index).find((each) => !isOff(each));
  return row === undefined || start === undefined ? 0 : start.at + MACHINE_MIN_MS;
};

const segmentsOfNode = (rows: readonly PriceRow[]): Segment[] =>
  rows.flatMap((row, index) => {
    const { nodeId, machine, disk, address } = row;
    const next = rows[index + 1];
    const to = next?.at ?? null;
    const usdPerHour = machine + disk + address;
    const segments: Segment[] = [{ nodeId, from: row.at, to, usdPerHour, usd: 0 }];
    if (next === undefined || isOff(row) || !isOff(next)) return segments;
    const ms = paidUntil(rows, index + 1) - next.at;
    if (ms <= 0) return segments;
    const usd = (machine * ms) / HOUR_MS;
    return [...segments, { nodeId, from: next.at, to: next.at, usdPerHour: 0, usd }];
  });

/** The rows of one cluster as times with a price. */
export const segmentsOf = (rows: readonly PriceRow[]): Segment[] => {
  const nodes = Map.groupBy(rows, ({ nodeId }) => nodeId);
  return [...nodes.values()]
    .flatMap((own) => segmentsOfNode(own))
    .filter(({ usdPerHour, usd }) => usdPerHour + usd > 0);
};

/** USD spent between two moments. */
export const costBetween = (segments: readonly Segment[], from: number, to: number): number =>
  segments.reduce((sum, segment) => {
    const ms = Math.min(segment.to ?? to, to) - Math.max(segment.from, from);
    const due = segment.from >= from && segment.from <= to ? segment.usd : 0;
    return sum + due + (segment.usdPerHour * Math.max(0, ms)) / HOUR_MS;
  }, 0);

/** USD an hour at a moment. */
export const rateAt = (segments: readonly Segment[], now: number): number =>
  segments.reduce(
    (sum, { from, to, usdPerHour }) =>
      from <= now && (to === null || to > now) ? sum + usdPerHour : sum,
    0,
  );
