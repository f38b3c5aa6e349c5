import { fromBase64, toBase64 } from '../../protocol/bytes.ts';
import { got, PxError } from '../../protocol/errors.ts';
import { filesOfPath } from '../collected/list-files.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';
import { requireJob } from '../jobs/find.ts';
import { pageCollectedPaths } from '../store/collected.ts';
import { setCollectedFetched } from '../store/jobs.ts';
import { PAGE_ITEMS } from './pages.ts';

const readPath = (cursor: string | undefined): Buffer | null => {
  if (cursor === undefined) return null;
  try {
    return Buffer.from(fromBase64(cursor));
  } catch (cause) {
    throw new PxError('bad_request', `Expected a cursor of this list, got ${got(cursor)}.`, {
      cause,
    });
  }
};

/** Collected files. A page may hold fewer or more items than its limit: that counts paths. */
export const fileHandlers = (deps: Deps): Pick<Handlers, 'files' | 'filesFetched'> => ({
  files: async ({ params, query }) => {
    const { id } = requireJob(deps.db, params.id);
    const limit = query.limit ?? PAGE_ITEMS;
    const paths = pageCollectedPaths(deps.db, id, readPath(query.cursor), limit + 1);
    const page = paths.slice(0, limit);
    const last = page.at(-1);
    const next = paths.length > limit && last !== undefined ? toBase64(last) : null;
    return { items: page.flatMap((path) => filesOfPath(deps.db, id, path)), next };
  },
  filesFetched: async ({ params }) => {
    const { id } = requireJob(deps.db, params.id);
    setCollectedFetched(deps.db, id);
    return { ok: true };
  },
});
