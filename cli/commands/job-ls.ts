import type { JobView } from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import { countOption, noArguments } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import { age, duration, usd } from '../output/units.ts';
import { collectPages } from '../pages.ts';

/** 50 jobs: a screen of the newest; more with --limit. */
const DEFAULT_LIMIT = 50;

const HEAD = [...['ID', 'STATE', 'COMMAND', 'CLUSTER', 'DONE', 'FAILED', 'AGE', 'RUNTIME', 'COST']];

const rowOf = (job: JobView, now: number): string[] => {
  const { counters, startedAt, endedAt } = job;
  return [
    job.id,
    job.state,
    job.name ?? job.command,
    job.cluster,
    `${counters.succeeded}/${counters.partitions ?? '?'}`,
    String(counters.failed),
    age(now - job.createdAt),
    startedAt === null ? '-' : duration((endedAt ?? now) - startedAt),
    usd(job.costUsd),
  ];
};

const noneText = (parsed: Parsed): string => {
  const cluster = parsed.value('cluster');
  if (parsed.flag('running')) return 'No jobs that run or wait. All of them: px job ls';
  if (cluster !== undefined) return `No jobs on the cluster ${cluster}. All of them: px job ls`;
  return "No jobs. The first: px run 'echo hello'";
};

export const jobLs: Command = {
  path: ['job', 'ls'],
  summary: 'list jobs, newest first',
  options: [
    { name: 'cluster', value: 'NAME', summary: 'only jobs of this cluster' },
    {
      name: 'limit',
      short: 'n',
      value: 'N',
      summary: `at most N jobs (default: ${DEFAULT_LIMIT})`,
    },
    { name: 'running', summary: 'only jobs that have not ended' },
  ],
  example: 'px job ls --cluster demo --limit 10',
  details:
    'DONE and FAILED count partitions: done/all of them, which is ? while the input is still coming.',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const limit = countOption(parsed, 'limit') ?? DEFAULT_LIMIT;
    const cluster = parsed.value('cluster');
    const client = await context.client();
    const jobs = await collectPages(
      (page) =>
        client.call('jobs', { query: { ...page, ...(cluster === undefined ? {} : { cluster }) } }),
      limit,
    );
    const shown = parsed.flag('running') ? jobs.filter((job) => !isFinal(job.state)) : jobs;
    if (context.json) context.output.json(shown);
    else if (shown.length === 0) context.output.say(noneText(parsed));
    else
      context.output.table(
        HEAD,
        shown.map((job) => rowOf(job, context.now())),
      );
    return 0;
  },
};
