import type { z } from 'zod';
import type { EventView, JobView, PartitionView } from '../../../protocol/messages/jobs.ts';
import { type Process, until } from '../../helpers/processes.ts';
import type { Px } from '../../helpers/px-process.ts';

const PAGE = 1000;

/** The job that was submitted last; waits until there is one. */
export const newestJob = (px: Px): Promise<JobView> =>
  until('a job is submitted', async () => {
    try {
      const { items } = await px.api().call('jobs', { query: { limit: 1 } });
      return items[0];
    } catch {
      return undefined;
    }
  });

export const jobOf = (px: Px, id: string): Promise<JobView> =>
  px.api().call('job', { params: { id } });

const pages = async <T>(
  ask: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>,
) => {
  const all: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { items, next } = await ask(cursor);
    all.push(...items);
    if (next === null) return all;
    cursor = next;
  }
};

export const partitionsOf = (px: Px, id: string): Promise<z.infer<typeof PartitionView>[]> =>
  pages((cursor) =>
    px
      .api()
      .call('partitions', { params: { id }, query: { limit: PAGE, ...(cursor && { cursor }) } }),
  );

export const eventsOf = (px: Px, id: string): Promise<z.infer<typeof EventView>[]> =>
  pages((cursor) =>
    px.api().call('events', { params: { id }, query: { limit: PAGE, ...(cursor && { cursor }) } }),
  );

/** Waits until `share` of the job's partitions are done, while it still runs. */
export const partlyDone = async (px: Px, count: number): Promise<JobView> => {
  const { id } = await newestJob(px);
  return until(`${count} partitions are done`, async () => {
    const job = await jobOf(px, id).catch(() => undefined);
    return job !== undefined && job.counters.succeeded >= count ? job : undefined;
  });
};

/** The worker daemons of this px. */
export const workersOf = (px: Px): Process[] =>
  px
    .processes()
    .filter(({ command }) => /\bworker\/main\.(ts|js)\b|\bworker\.(mjs|js)\b/.test(command));

/** The processes of running attempts, whatever they are. */
export const attemptsOf = (px: Px): Process[] =>
  px.processes().filter(({ environment }) => environment.PX_ATTEMPT !== undefined);
