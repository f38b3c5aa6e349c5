import type { EventView, PartitionView } from '../../protocol/messages/jobs.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';
import { requireJob } from '../jobs/find.ts';
import { pagePartitions, pageTransitions } from '../store/jobs.ts';
import { PAGE_ITEMS, pageOfRows, readCursor } from './pages.ts';

type PartitionRow = ReturnType<typeof pagePartitions>[number];
type TransitionRow = ReturnType<typeof pageTransitions>[number];

const viewPartition = ({ row, nodeName }: PartitionRow): PartitionView => ({
  number: row.number,
  parent: null,
  state: row.state,
  attempt: row.attempt,
  node: row.nodeId,
  nodeName,
  outcome: row.outcome,
  firstLine: row.firstLine,
  lines: row.lines,
  bytes: row.length,
  startedAt: row.startedAt,
  runtimeMs: row.runtimeMs,
  cpuMs: row.cpuMs,
  peakRssBytes: row.peakRssBytes,
  hash: row.hash,
});

const viewEvent = ({ cursor, kind, at, partition, attempt, data }: TransitionRow): EventView => ({
  cursor,
  kind,
  at,
  partition,
  attempt,
  node: data !== null && 'node' in data ? data.node : null,
  data,
});

/** Partitions of a job and its recorded transitions. */
export const partitionHandlers = (deps: Deps): Pick<Handlers, 'partitions' | 'events'> => ({
  partitions: async ({ params, query }) => {
    const { id } = requireJob(deps.db, params.id);
    const limit = query.limit ?? PAGE_ITEMS;
    const after = readCursor(query.cursor, -1);
    const rows = pagePartitions(deps.db, id, { state: query.state, after, limit: limit + 1 });
    return pageOfRows(rows, limit, viewPartition, ({ row }) => row.number);
  },
  events: async ({ params, query }) => {
    const { id } = requireJob(deps.db, params.id);
    const limit = query.limit ?? PAGE_ITEMS;
    const rows = pageTransitions(deps.db, id, readCursor(query.cursor, 0), limit + 1);
    return pageOfRows(rows, limit, viewEvent, ({ cursor }) => cursor);
  },
});
