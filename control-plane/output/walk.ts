import type { OutputFrame } from '../../protocol/messages/output.ts';
import type { CommittedData, SupersededData } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import {
  findCommitted,
  type LogRow,
  nextPartition,
  pageChunks,
  pageLog,
} from '../store/readers.ts';
import { Among } from './among.ts';
import { type Near, placeOf, readChunk } from './chunks.ts';
import { formatCursor, type Position } from './cursor.ts';
import { shows, type Wanted } from './views.ts';

/** A frame of the stream: `header` without its body, which only chunks have. */
export interface Sent {
  header: OutputFrame;
  body: Uint8Array | null;
}

/** Rows of the log that are held at a time. */
const PAGE_ROWS = 256;

/** What a walk needs; `position` moves as frames are taken. */
export interface Walk {
  deps: Deps;
  jobId: string;
  wanted: Wanted;
  position: Position;
  /** What was read last of the output. */
  near: Near;
}

const isShown = ({ wanted }: Walk, row: LogRow, view: 'live' | 'final'): boolean =>
  row.stream !== null && wanted.views[row.stream] === view;

const chunkFrame = async (walk: Walk, row: LogRow): Promise<Sent> => {
  const file = walk.wanted.files ? placeOf(walk.deps, row) : null;
  const body = file === null ? await readChunk(walk.deps, row, walk.near) : null;
  const { partition, attempt, stream } = row;
  const header = {
    t: 'chunk' as const,
    cursor: formatCursor(walk.position),
    partition: partition ?? 0,
    attempt: attempt ?? 0,
    stream: stream ?? 1,
  };
  return { header: file === null ? header : { ...header, file }, body };
};

const transitionFrame = (walk: Walk, row: LogRow): Sent => {
  const cursor = formatCursor(walk.position);
  const partition = row.partition ?? 0;
  const attempt = row.attempt ?? 0;
  if (row.kind === 'superseded') {
    const { outcome, node } = row.data as SupersededData | CommittedData;
    const header = {
      t: 'superseded',
      cursor,
      partition,
      attempt,
      outcome,
      node: node ?? '',
    } as const;
    return { header, body: null };
  }
  const data = row.data as CommittedData;
  return { header: { t: 'committed', cursor, partition, attempt, ...data }, body: null };
};

/** The chunks that the final view shows of the attempt that counts, from where the reader is. */
async function* committedChunks(
  walk: Walk,
  row: LogRow,
  among: Among,
): AsyncGenerator<Sent, void, void> {
  const { deps, jobId, position } = walk;
  const { outputBytes } = row.data as CommittedData;
  if (!shows(walk.wanted, 'final') || outputBytes === 0) return;
  const partition = row.partition ?? 0;
  const attempt = row.attempt ?? 0;
  const known = among.allOf(row);
  for (;;) {
    const after = position.chunk;
    const page = { jobId, partition, attempt, after, limit: PAGE_ROWS };
    const rows = known?.filter(({ cursor }) => cursor > after) ?? pageChunks(deps.db, page);
    for (const chunk of rows) {
      if (!isShown(walk, chunk, 'final')) continue;
      const before = position.chunk;
      position.chunk = chunk.cursor;
      try {
        yield await chunkFrame(walk, chunk);
      } catch (cause) {
        position.chunk = before;
        throw cause;
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    position.chunk = last.cursor;
  }
}

/** With `order`: what is due of the partitions from the next one on, until one is not final. */
async function* inOrder(walk: Walk): AsyncGenerator<Sent, void, void> {
  const { deps, jobId, position } = walk;
  for (;;) {
    const row = findCommitted(deps.db, jobId, position.partition);
    if (row === undefined) {
      const next = nextPartition(deps.db, jobId, position.partition);
      if (next === undefined || !isSkipped(next, position.partition)) return;
      position.partition += 1;
      continue;
    }
    yield* committedChunks(walk, row, Among.none);
    position.partition += 1;
    position.chunk = 0;
    yield transitionFrame(walk, row);
  }
}

/** Rows of a job are made in order of number; one that was called off unrun says nothing in the log. */
const isSkipped = (next: { number: number; state: string }, partition: number): boolean =>
  next.number > partition || next.state === 'canceled';

/**
 * Everything that is recorded from the position on. Bounded memory: a page of rows and one chunk.
 * Throws `output_damaged`.
 */
export async function* walkLog(walk: Walk): AsyncGenerator<Sent, void, void> {
  const { deps, jobId, wanted, position } = walk;
  const chunks = shows(wanted, 'live');
  for (;;) {
    if (wanted.order) yield* inOrder(walk);
    const { partition } = wanted;
    const page = { jobId, after: position.log, limit: PAGE_ROWS, partition, chunks };
    const rows = pageLog(deps.db, page);
    const isOneLook = shows(wanted, 'final') && !chunks && !wanted.order && partition === null;
    const among = isOneLook ? Among.look(deps, rows, page.after) : Among.none;
    for (const row of rows) yield* ofRow(walk, row, among);
    if (rows.length < PAGE_ROWS) return;
  }
}

/** What one row of the log shows; the position is behind it afterwards. */
async function* ofRow(walk: Walk, row: LogRow, among: Among): AsyncGenerator<Sent, void, void> {
  const { wanted, position } = walk;
  const isDue = row.kind === 'committed' && !wanted.order;
  if (isDue) yield* committedChunks(walk, row, among);
  position.log = row.cursor;
  // With `order` the place inside a partition belongs to the head, not to this row.
  if (!wanted.order) position.chunk = 0;
  if (row.kind === 'chunk' && isShown(walk, row, 'live')) yield await chunkFrame(walk, row);
  if (isDue || row.kind === 'superseded') yield transitionFrame(walk, row);
}
