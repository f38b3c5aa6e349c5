import type { CommittedData } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { type LogRow, listChunksUntil } from '../store/readers.ts';

/** 4 for each end: one look is to cost no more than the looks that it saves. */
const CHUNKS_AN_END = 4;

const nameOf = ({ partition, attempt }: LogRow): string => `${partition} ${attempt}`;

/** The chunks of attempts whose ends stand in a page of the log. */
export class Among {
  readonly #chunks: ReadonlyMap<string, LogRow[]>;

  private constructor(chunks: readonly LogRow[]) {
    this.#chunks = Map.groupBy(chunks, nameOf);
  }

  /**
   * Short attempts have their chunks right before their ends: one look finds those of a whole page.
   *
   * @param after where the page begins
   */
  static look(deps: Pick<Deps, 'db'>, ends: readonly LogRow[], after: number): Among {
    const last = ends.at(-1);
    if (last === undefined || ends.length === 1) return Among.none;
    const limit = ends.length * CHUNKS_AN_END;
    return new Among(
      listChunksUntil(deps.db, { jobId: last.jobId, after, until: last.cursor, limit }),
    );
  }

  static readonly none = new Among([]);

  /** All chunks of the attempt that the row says is final, in their order; null where some lie elsewhere. */
  allOf(end: LogRow): LogRow[] | null {
    const chunks = this.#chunks.get(nameOf(end)) ?? [];
    const bytes = chunks.reduce((sum, { length }) => sum + (length ?? 0), 0);
    return bytes === (end.data as CommittedData).outputBytes ? chunks : null;
  }
}
