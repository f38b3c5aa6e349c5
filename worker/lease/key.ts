import type { LeaseKey } from '../../protocol/messages/worker.ts';

/** A lease's name as one string, for maps. */
export const keyOf = ({ job, partition, epoch }: LeaseKey): string =>
  `${job} ${partition} ${epoch}`;
