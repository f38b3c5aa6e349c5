import { PxError } from '../../protocol/errors.ts';
import { jobArgument } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { lastingConnection } from '../run/connection.ts';
import { oneOf } from '../run/flag-values.ts';
import { chooseViews, type Views } from '../run/views.ts';
import { watchJob } from '../run/watch-job.ts';
import { typed } from '../typed.ts';

const partitionOf = (parsed: Parsed): number | undefined => {
  const value = parsed.value('partition');
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new PxError('bad_request', `Expected the number of a partition, got ${typed(value)}.`, {
    hint: 'See them with: px job show ID',
  });
};

/** Throws where the job has none of this number, or none that has started: its output is no empty one. */
const requirePartition = async (context: Context, id: string, number: number): Promise<void> => {
  const client = await context.client();
  const cursor = number === 0 ? {} : { cursor: String(number - 1) };
  const { items } = await client.call('partitions', {
    params: { id },
    query: { limit: 1, ...cursor },
  });
  if (items[0]?.number === number) return;
  throw new PxError('not_found', `No partition ${number} of the job ${id} has started.`, {
    hint: `See: px job show ${id}`,
  });
};

const viewsOf = (parsed: Parsed, context: Context): Views => {
  const value = parsed.value('output');
  const output = value === undefined ? undefined : oneOf('live', 'final')('output', value);
  const views = chooseViews(context.output, { output, order: parsed.flag('order') });
  const both = parsed.flag('stdout') === parsed.flag('stderr');
  return {
    stdout: both || parsed.flag('stdout') ? views.stdout : 'none',
    stderr: both || parsed.flag('stderr') ? views.stderr : 'none',
  };
};

export const jobLogs: Command = {
  path: ['job', 'logs'],
  summary: 'print the output of a job',
  positionals: 'ID',
  options: [
    { name: 'follow', short: 'f', summary: 'go on until the job ends; Ctrl-C leaves it running' },
    { name: 'partition', value: 'N', summary: 'of this partition alone' },
    { name: 'stdout', summary: 'only what went to stdout' },
    { name: 'stderr', summary: 'only what went to stderr' },
    { name: 'order', summary: 'in the order of the input' },
    { name: 'tag', summary: 'each line starts with the number of its partition and a tab' },
    { name: 'output', value: 'live|final', summary: 'as it was recorded, or each partition whole' },
  ],
  example: 'px job logs j7k2m9x4qpa --partition 3 --stderr',
  details: `
What went to stdout goes to stdout, what went to stderr to stderr.`,
  handler: async (parsed, context) => {
    const job = jobArgument(parsed);
    const partition = partitionOf(parsed);
    const follow = parsed.flag('follow');
    if (partition !== undefined && !follow) await requirePartition(context, job, partition);
    await watchJob({
      context,
      connect: lastingConnection(context),
      job,
      ...viewsOf(parsed, context),
      order: parsed.flag('order'),
      tag: parsed.flag('tag'),
      report: false,
      pace: false,
      follow,
      signal: new AbortController().signal,
      ...(partition === undefined ? {} : { partition }),
    });
    return 0;
  },
};
