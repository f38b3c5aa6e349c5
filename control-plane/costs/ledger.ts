import * as z from 'zod';
import { NodeOffer } from '../../protocol/messages/clusters.ts';
import type { Db } from '../db/open.ts';
import { appendPrice, listPrices } from '../store/prices.ts';

/** What a provider's ref says of the bill, if its machines cost anything. */
const Paid = z.object({ offer: NodeOffer, createdAt: z.number(), startedAt: z.number() });

const OFF = { machine: 0, disk: 0, address: 0 } as const;

interface Of {
  clusterId: string;
  nodeId: string;
}

const lastPrice = (db: Db, { clusterId, nodeId }: Of) =>
  listPrices(db, clusterId).findLast((row) => row.nodeId === nodeId);

/** A machine is there: its disk costs since it was ordered, the rest since it runs. Once is enough. */
export const openLedger = (db: Db, of: Of, ref: unknown): void => {
  const paid = Paid.safeParse(ref).data;
  if (paid === undefined) return;
  const { offer, createdAt, startedAt } = paid;
  const last = lastPrice(db, of);
  if (last !== undefined && last.at >= startedAt && last.disk > 0) return;
  const { machine, disk, address } = offer.usdPerHour;
  appendPrice(db, { ...of, at: createdAt, machine: 0, disk, address: 0 });
  appendPrice(db, { ...of, at: startedAt, machine, disk, address });
};

/** A machine is gone; said twice it counts once. */
export const closeLedger = (db: Db, of: Of, at: number): void => {
  const last = lastPrice(db, of);
  if (last === undefined || last.machine + last.disk + last.address === 0) return;
  appendPrice(db, { ...of, at: Math.max(at, last.at), ...OFF });
};
