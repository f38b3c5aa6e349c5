import { jobArgument } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { lastingConnection } from '../run/connection.ts';
import { failureSummary } from '../run/failures.ts';
import { oneOf } from '../run/flag-values.ts';
import { leaveOnSignal } from '../run/interrupt.ts';
import { chooseViews } from '../run/views.ts';
import { watchJob } from '../run/watch-job.ts';
import { processedLine } from '../run/words.ts';

/** px's own errors, and a job that ended without a status of its own. */
const ERROR_STATUS = 125;

const attach = async (parsed: Parsed, context: Context): Promise<number> => {
  const id = jobArgument(parsed);
  const since = parsed.value('since');
  const given = parsed.value('output');
  const output = given === undefined ? undefined : oneOf('live', 'final')('output', given);
  const order = parsed.flag('order');
  const job = await watchJob({
    context,
    connect: lastingConnection(context),
    job: id,
    ...chooseViews(context.output, { output, order }),
    order,
    tag: parsed.flag('tag'),
    report: true,
    pace: false,
    joined: true,
    follow: true,
    signal: new AbortController().signal,
    ...(since === undefined ? {} : { since }),
  });
  if (job === null) return ERROR_STATUS;
  for (const line of failureSummary(job)) context.output.warn(line);
  if (job.collectedFiles > 0 && !job.collectedFetched) {
    context.output.say(`Its collected files are waiting: px job pull ${id}`);
  }
  context.output.say(processedLine(job, (job.endedAt ?? context.now()) - job.createdAt));
  return job.exit ?? ERROR_STATUS;
};

export const jobAttach: Command = {
  path: ['job', 'attach'],
  summary: 'follow a job as if px run had never left it',
  positionals: 'ID',
  options: [
    { name: 'since', value: 'CURSOR', summary: 'go on behind this place (--json shows cursors)' },
    { name: 'order', summary: 'output in the order of the input' },
    { name: 'tag', summary: 'each line starts with the number of its partition and a tab' },
    { name: 'output', value: 'live|final', summary: 'lines as they come, or each partition whole' },
  ],
  example: 'px job attach j7k2m9x4qpa',
  details: `
Replays the output from its first byte and exits with the job's status. Ctrl-C only detaches: the job
goes on. Collected files come home with px job pull ID.`,
  handler: (parsed, context) => {
    const words = `The job goes on: px job attach ${jobArgument(parsed)}`;
    return leaveOnSignal(context, attach(parsed, context), words);
  },
};
