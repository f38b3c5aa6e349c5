import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import type { CatalogDb } from '../db/open-catalog.ts';
import { markOld } from '../store/pricing-revisions.ts';
import { activate, stagedParts } from './activate.ts';
import { sourceFailed } from './sources/failure.ts';
import type { PriceSource, SourceContext } from './sources/source.ts';
import { stagePart } from './stage.ts';
import { watchRegions } from './watch-regions.ts';

/** Lists of several regions are read at once; more would only wait for the same core. */
const PARTS_AT_ONCE = 4;

interface SyncOptions {
  db: CatalogDb;
  now: () => number;
  source: PriceSource;
  context: SourceContext;
  /** Names or groups; null: all. */
  regions: readonly string[] | null;
  signal: AbortSignal;
  /** The account that it is synced with, to be found again; null without one. */
  account: string | null;
  /** Bytes read so far. */
  bytes: () => number;
  onEvent: (event: SyncEvent) => void;
}

/** Runs `work` on each item, at most `width` at a time; the first failure ends it. */
const eachAtOnce = async <T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const waiting = [...items];
  const take = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  const workers = Array.from({ length: width }, async () => {
    try {
      await take();
    } catch (cause) {
      waiting.length = 0;
      throw cause;
    }
  });
  const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
};

/**
 * Reads a source part by part and puts all of it in place at once. Killed or failed, the catalog is as
 * it was; parts that were whole by then are not read again by the next sync. Resolves to the number
 * of offers.
 */
export const syncSource = async (
  options: SyncOptions,
): Promise<{ offers: number; skipped: number }> => {
  const { db, now, source, context, signal, onEvent } = options;
  const session = await source.open(context, options.regions);
  const sayLacking = (): void =>
    context.notice(`It has no region ${options.regions?.join(', ') ?? ''}.`);
  if (session.parts.length === 0) sayLacking();
  const watch = watchRegions(source.cloud, session, options.regions);
  const staged = stagedParts(db, source.name, now());
  const found = { offers: 0, skipped: 0, done: 0 };
  /** Rows of each part, those included that are being read. */
  const read = new Map<string, number>();
  const report = (part: string, rows: number): void => {
    read.set(part, rows);
    onEvent({
      t: 'progress',
      source: source.name,
      part,
      done: found.done,
      parts: session.parts.length,
      rows: [...read.values()].reduce((sum, each) => sum + each, 0),
      bytes: options.bytes(),
    });
  };
  await eachAtOnce(session.parts, PARTS_AT_ONCE, async (part) => {
    signal.throwIfAborted();
    const before = staged.get(part);
    if (before === undefined) {
      const of = { source: source.name, part };
      const result = await stagePart(db, now, of, watch.rows(part), (rows) => report(part, rows));
      staged.set(part, { id: result.revision, rows: result.offers, skipped: result.skipped });
    }
    const { rows = 0, skipped = 0 } = staged.get(part) ?? {};
    found.offers += rows;
    found.skipped += skipped;
    found.done++;
    report(part, rows);
  });
  signal.throwIfAborted();
  const dropStaged = (): void => {
    for (const { id } of staged.values()) markOld(db, id);
  };
  if (found.offers === 0 && session.parts.length > 0) {
    dropStaged();
    throw sourceFailed(source.name, 'the list has no offers');
  }
  if (watch.lacksAll()) {
    dropStaged();
    sayLacking();
    return { offers: 0, skipped: 0 };
  }
  const ready = session.parts.flatMap((part) => {
    const revision = staged.get(part)?.id;
    return revision === undefined ? [] : [{ part, revision }];
  });
  if (ready.length > 0) {
    const { name, kind } = source;
    activate(db, { name, kind, syncedAt: now(), account: options.account }, ready, session.whole);
  }
  return found;
};
