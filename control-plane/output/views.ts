import type { OutputQuery, Stream, View } from '../../protocol/messages/output.ts';

/** What a reader wants to see. */
export interface Wanted {
  views: Readonly<Record<Stream, View>>;
  order: boolean;
  /** Null = of all partitions. */
  partition: number | null;
  /** Large chunks by their places in the control plane's files. */
  files: boolean;
}

/** Reads the query; both streams are `final` where it says nothing. */
export const wantedOf = (query: OutputQuery): Wanted => ({
  views: { 1: query.stdout ?? 'final', 2: query.stderr ?? 'final' },
  // One partition is in order by itself, and waiting for those before it would be in vain.
  order: query.order === true && query.partition === undefined,
  partition: query.partition ?? null,
  files: query.files === true,
});

/** Whether any stream is shown so. */
export const shows = ({ views }: Wanted, view: View): boolean =>
  views[1] === view || views[2] === view;
