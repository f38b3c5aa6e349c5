import { PxError } from '../../protocol/errors.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import { jobArgument } from '../arguments.ts';
import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';

const hasUnfetched = (job: JobView): boolean => job.collectedFiles > 0 && !job.collectedFetched;

/** Files that nobody fetched exist nowhere else. */
const agreeToLose = async (context: Context, job: JobView): Promise<void> => {
  if (!hasUnfetched(job)) return;
  const files = plural(job.collectedFiles, 'collected file');
  if (await confirm(context, `${files} of job ${job.id} not fetched yet. Remove anyway?`)) return;
  throw new PxError('bad_request', `${files} of job ${job.id} not fetched yet.`, {
    hint: `Fetch them: px job pull ${job.id}. Or lose them: px job rm ${job.id} --yes`,
  });
};

export const jobRm: Command = {
  path: ['job', 'rm'],
  summary: 'forget a finished job, its output and its files',
  positionals: 'ID',
  example: 'px job rm j7k2m9x4qpa',
  details: 'Asks where collected files have not been fetched; -y answers yes.',
  handler: async (parsed, context) => {
    const id = jobArgument(parsed);
    const client = await context.client();
    const job = await client.call('job', { params: { id } });
    if (!isFinal(job.state)) {
      throw new PxError('job_running', `Job ${id} has not ended: it is ${job.state}.`, {
        hint: `px job cancel ${id}`,
      });
    }
    await agreeToLose(context, job);
    await client.call('jobRemove', { params: { id } });
    if (context.json) context.output.json({ removed: id });
    else context.output.say(`Job ${id} removed.`);
    return 0;
  },
};
