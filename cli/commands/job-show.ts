import type { Client } from '../../protocol/client.ts';
import type { JobView, PartitionView } from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import { jobArgument } from '../arguments.ts';
import type { Command } from '../command.ts';
import { printFields } from '../output/fields.ts';
import { outcomeText } from '../output/outcome.ts';
import type { Output } from '../output/output.ts';
import { duration, moment, plural, size, span, usd } from '../output/units.ts';

/** 20 failing partitions: enough to see a pattern. */
const SHOWN_PARTITIONS = 20;

const inputText = ({ spec, counters, inputSealed }: JobView): string => {
  if (spec.input.kind === 'none') return 'none';
  const sealed = inputSealed ? '' : ', still coming';
  return `${spec.input.kind}, ${plural(counters.lines, 'line')}, ${size(counters.inputBytes)}${sealed}`;
};

const cutText = ({ spec }: JobView): string => {
  const mode = spec.cut.mode === 'batch' ? `batches of ${spec.cut.size}` : spec.cut.mode;
  const parallel = spec.parallel === null ? '' : `, ${spec.parallel} at a time`;
  return `${mode}${parallel}${spec.order ? ', output in input order' : ''}`;
};

const partitionsText = ({ counters }: JobView): string =>
  [
    `${counters.succeeded} of ${counters.partitions ?? '?'} done`,
    `${counters.leased} running`,
    `${counters.failed} failed`,
    ...(counters.canceled > 0 ? [`${counters.canceled} canceled`] : []),
  ].join(', ');

const limitsText = ({ spec }: JobView): string => {
  const { retries, crashRetries, timeoutMs, halt } = spec.limits;
  return [
    plural(retries, 'retry').replace(/ys$/, 'ies'),
    `${crashRetries} after a crash`,
    timeoutMs === null ? 'no timeout' : `timeout ${span(timeoutMs)}`,
    `halt ${halt.when}`,
  ].join(', ');
};

const collectedText = (job: JobView): string | null => {
  if (job.collectedFiles === 0) return null;
  const where = job.collectedFetched ? 'at home' : `not fetched yet: px job pull ${job.id}`;
  return `${plural(job.collectedFiles, 'file')}, ${where}`;
};

const printJob = (output: Output, job: JobView, now: number): Promise<void> =>
  printFields(output, [
    ['Job', job.id],
    ['Name', job.name],
    ['State', job.exit === null ? job.state : `${job.state}, exit status ${job.exit}`],
    ['Problem', job.problem === null ? null : `${job.problem.message} (${job.problem.code})`],
    ['Command', job.command],
    ['Cluster', job.cluster],
    ['Input', inputText(job)],
    ['Cut', cutText(job)],
    ['Partitions', partitionsText(job)],
    ['Attempts', String(job.counters.attempts)],
    ['Limits', limitsText(job)],
    ['Output', size(job.counters.outputBytes)],
    ['Collected', collectedText(job)],
    ['Created', moment(job.createdAt)],
    ['Started', job.startedAt === null ? null : moment(job.startedAt)],
    ['Ended', job.endedAt === null ? null : moment(job.endedAt)],
    ['Runtime', job.startedAt === null ? null : duration((job.endedAt ?? now) - job.startedAt)],
    ['Cost', usd(job.costUsd)],
  ]);

const failedPartitions = async (client: Client, id: string): Promise<PartitionView[]> =>
  (
    await client.call('partitions', {
      params: { id },
      query: { state: 'failed', limit: SHOWN_PARTITIONS },
    })
  ).items;

const rowOf = (partition: PartitionView): string[] => [
  String(partition.number),
  partition.outcome === null ? partition.state : outcomeText(partition.outcome),
  String(partition.attempt),
  partition.nodeName ?? '-',
  partition.lines === 0 ? '-' : `${partition.firstLine + 1} (${partition.lines})`,
  partition.runtimeMs === null ? '-' : duration(partition.runtimeMs),
  partition.peakRssBytes === null ? '-' : size(partition.peakRssBytes),
];

const HEAD = ['PARTITION', 'OUTCOME', 'ATTEMPT', 'NODE', 'FIRST LINE (LINES)', 'RUNTIME', 'MEMORY'];

const sayHints = (output: Output, job: JobView): void => {
  if (!isFinal(job.state)) {
    output.say(`Follow it: px job attach ${job.id}`);
    output.say(`Stop it: px job cancel ${job.id}`);
    return;
  }
  if (job.counters.failed + job.counters.canceled === 0) return;
  output.say(`What they printed: px job logs ${job.id}`);
  output.say(`Run them again: px job retry ${job.id}`);
};

export const jobShow: Command = {
  path: ['job', 'show'],
  summary: 'show everything about a job',
  positionals: 'ID',
  example: 'px job show j7k2m9x4qpa',
  handler: async (parsed, context) => {
    const id = jobArgument(parsed);
    const client = await context.client();
    const job = await client.call('job', { params: { id } });
    const failed = job.counters.failed === 0 ? [] : await failedPartitions(client, id);
    if (context.json) {
      context.output.json({ ...job, failedPartitions: failed });
      return 0;
    }
    await printJob(context.output, job, context.now());
    if (failed.length > 0) context.output.table(HEAD, failed.map(rowOf));
    const more = job.counters.failed - failed.length;
    if (more > 0) context.output.say(`${plural(more, 'more partition')} failed.`);
    sayHints(context.output, job);
    return 0;
  },
};
