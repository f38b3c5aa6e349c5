import * as z from 'zod';
import { NodeOffer } from '../../protocol/messages/clusters.ts';
import { type Db, transact } from '../db/open.ts';
import type { Bill, LastBill } from '../providers/provider.ts';
import { appendPrice, listPrices, type PriceRow } from '../store/prices.ts';

/** What a provider says of the bill, if its machines cost anything; the cloud's own times. */
const Paid = z.object({
  offer: NodeOffer,
  createdAt: z.number(),
  /** Null before it runs. */
  startedAt: z.number().nullable(),
});

const OFF = { machine: 0, disk: 0, address: 0 } as const;

interface Of {
  clusterId: string;
  nodeId: string;
}

const pricesOf = (db: Db, { clusterId, nodeId }: Of): PriceRow[] =>
  listPrices(db, clusterId).filter((row) => row.nodeId === nodeId);

const isOff = ({ machine, disk, address }: PriceRow): boolean => machine + disk + address === 0;

/**
 * A machine is there: its disk costs since it was ordered, the rest since it runs. Told of the same
 * machine again, it adds what is new; where another one has its place, that one's time is over.
 */
export const openLedger = (db: Db, of: Of, bill: unknown): void => {
  const paid = Paid.safeParse(bill).data;
  if (paid === undefined) return;
  const { offer, createdAt, startedAt } = paid;
  const { machine, disk, address } = offer.usdPerHour;
  const known = pricesOf(db, of);
  const from = known.findIndex((row) => row.at === createdAt && !isOff(row));
  if (from === -1) {
    closeLedger(db, of, createdAt);
    appendPrice(db, { ...of, at: createdAt, machine: 0, disk, address: 0 });
  }
  const own = from === -1 ? [] : known.slice(from + 1);
  if (startedAt === null || own.length > 0) return;
  appendPrice(db, { ...of, at: startedAt, machine, disk, address });
};

/** What its machine costs from now on, where that is something else than before. */
export const repriceLedger = (db: Db, of: Of, machine: number, at: number): void => {
  const last = pricesOf(db, of).at(-1);
  if (last === undefined || last.machine === 0 || last.machine === machine) return;
  const { disk, address } = last;
  appendPrice(db, { ...of, at: Math.max(at, last.at), machine, disk, address });
};

/** A machine is gone; said twice it counts once. */
export const closeLedger = (db: Db, of: Of, at: number): void => {
  const last = pricesOf(db, of).at(-1);
  if (last === undefined || isOff(last)) return;
  appendPrice(db, { ...of, at: Math.max(at, last.at), ...OFF });
};

/** What a provider says of a machine: what it costs, and its end where that has come. */
export const settleBill = (db: Db, of: Of, bill: Bill | LastBill): void =>
  transact(db, () => {
    openLedger(db, of, bill);
    if ('endedAt' in bill) closeLedger(db, of, bill.endedAt);
  });
