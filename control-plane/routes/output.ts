import type { Deps } from '../deps.ts';
import type { Call, Handlers } from '../handler.ts';
import { requireJob } from '../jobs/find.ts';
import { nothingNear } from '../output/chunks.ts';
import { parseCursor, START } from '../output/cursor.ts';
import { followOutput } from '../output/follow.ts';
import { formatOf, plain } from '../output/formats.ts';
import { reportLag } from '../output/report-lag.ts';
import { toStream } from '../output/to-stream.ts';
import { wantedOf } from '../output/views.ts';

const answer = (deps: Deps, { params, query, headers, signal }: Call<'output'>): Response => {
  const { id: jobId, clusterId } = requireJob(deps.db, params.id);
  const format = formatOf(headers.get('accept'));
  // Text has no place to say which stream a byte is of: stderr only where it is asked for.
  const views = format === plain ? { stderr: query.stderr ?? ('none' as const) } : {};
  const wanted = wantedOf({ ...query, ...views });
  // An EventSource resumes by this header.
  const cursor = query.cursor ?? headers.get('last-event-id');
  const position = cursor === null ? { ...START } : parseCursor(cursor);
  const walk = { deps, jobId, wanted, near: nothingNear(), position };
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  const frames = followOutput(walk, query.follow === true, stop);
  if (query.pace === true) {
    reportLag(walk, clusterId, stop).catch((error: unknown) =>
      deps.log.error('the lag of a reader is unknown', { jobId, error: String(error) }),
    );
  }
  return new Response(toStream(frames, { format, clock: deps.clock, ending }), {
    headers: { 'content-type': format.type, 'cache-control': 'no-store' },
  });
};

/** Output of jobs. */
export const outputHandlers = (deps: Deps): Pick<Handlers, 'output'> => ({
  output: async (call) => answer(deps, call),
});
