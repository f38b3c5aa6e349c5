import type { Client } from '../../protocol/client.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import { jobArgument } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import { chooseCluster } from '../run/choose-cluster.ts';
import { lastingConnection } from '../run/connection.ts';
import { retryEnvironment } from '../run/environment.ts';
import { failureSummary } from '../run/failures.ts';
import { oneOf } from '../run/flag-values.ts';
import { followOutput } from '../run/follow.ts';
import { cancelOnSignal } from '../run/interrupt.ts';
import { lostOutput, printJobId } from '../run/lost-output.ts';
import { chooseViews } from '../run/views.ts';
import { watchJob } from '../run/watch-job.ts';
import { processedLine } from '../run/words.ts';

/** px's own errors, and a job that ended without a status of its own. */
const ERROR_STATUS = 125;

type Connect = () => Promise<Client>;

/** The place behind all that was printed before: what succeeded is not printed again. */
const endOfOutput = async (
  context: Context,
  connect: Connect,
  job: string,
): Promise<string | undefined> => {
  let cursor: string | undefined;
  const parts = followOutput({
    ...{ connect, job, stdout: 'none', stderr: 'none', order: false, pace: false, follow: false },
    sleep: context.sleep,
    signal: new AbortController().signal,
  });
  for await (const batch of parts) cursor = batch.at(-1)?.header.cursor ?? cursor;
  return cursor;
};

const tellEnd = (context: Context, job: JobView, startedMs: number): void => {
  for (const line of failureSummary(job)) context.output.warn(line);
  if (job.collectedFiles > 0 && !job.collectedFetched) {
    context.output.say(`Its collected files are waiting: px job pull ${job.id}`);
  }
  context.output.say(processedLine(job, context.clock() - startedMs));
};

interface FollowRetry {
  context: Context;
  connect: Connect;
  id: string;
  since: string | undefined;
  parsed: Parsed;
}

const follow = async ({ context, connect, id, since, parsed }: FollowRetry): Promise<number> => {
  const startedMs = context.clock();
  const given = parsed.value('output');
  const output = given === undefined ? undefined : oneOf('live', 'final')('output', given);
  const lost = lostOutput(context, id);
  const job = await watchJob({
    ...{ context, connect, job: id },
    ...chooseViews(context.output, { output, order: false }),
    order: false,
    tag: parsed.flag('tag'),
    report: true,
    pace: true,
    follow: true,
    signal: new AbortController().signal,
    ...(since === undefined ? {} : { since }),
    onUnwritable: lost.tell,
  });
  if (job === null) return ERROR_STATUS;
  tellEnd(context, job, startedMs);
  return lost.status(job.exit ?? ERROR_STATUS);
};

export const jobRetry: Command = {
  path: ['job', 'retry'],
  summary: 'run the failed and canceled partitions of a job again',
  positionals: 'ID',
  options: [
    { name: 'detach', summary: "print the job's id and leave" },
    {
      name: 'env',
      value: 'K=V',
      many: true,
      summary: 'environment of the processes; K alone takes your value',
    },
    { name: 'tag', summary: 'each line starts with the number of its partition and a tab' },
    { name: 'output', value: 'live|final', summary: 'lines as they come, or each partition whole' },
  ],
  example: 'px job retry j7k2m9x4qpa',
  details: `
It is the same job, with attempts numbered on; what succeeded stays. Code and input are those of the
submit; the environment, which px forgets when a job ends, is taken from here and px.yaml again: what
--env and secrets gave the job comes from your environment, or from --env. Only new output is printed;
all of it: px job logs ID. Ctrl-C cancels, as in px run.`,
  handler: async (parsed, context) => {
    const id = jobArgument(parsed);
    const connect = lastingConnection(context);
    const client = await connect();
    const before = await client.call('job', { params: { id } });
    const { config } = await context.project();
    const { env, taken } = retryEnvironment(before, config, parsed.values('env'), context.env);
    if (taken.length > 0) context.output.say(`Taking ${taken.join(', ')} from your environment.`);
    // `local` comes up by itself; another one that is down is an error with the command to type.
    await chooseCluster(client, context, before.cluster, config);
    const detach = parsed.flag('detach');
    const since = detach ? undefined : await endOfOutput(context, connect, id);
    await client.call('jobRetry', { params: { id }, json: { env, attached: !detach } });
    const again = before.counters.failed + before.counters.canceled;
    context.output.say(`Retrying ${plural(again, 'partition')} of job ${id}.`);
    if (detach) return printJobId(context, id);
    const following = follow({ context, connect, id, since, parsed });
    return cancelOnSignal({ context, connect, job: Promise.resolve(id) }, following, () => {});
  },
};
