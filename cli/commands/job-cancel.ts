import type { Client } from '../../protocol/client.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import { jobArgument } from '../arguments.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { duration } from '../output/units.ts';

/** From 50 ms, a cancel reaches every process within a second, to 1 s between looks. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;

const untilFinal = async (client: Client, context: Context, first: JobView): Promise<JobView> => {
  let job = first;
  for (let wait = FIRST_WAIT_MS; !isFinal(job.state); wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    await context.sleep(wait);
    job = await client.call('job', { params: { id: job.id } });
  }
  return job;
};

export const jobCancel: Command = {
  path: ['job', 'cancel'],
  summary: 'cancel a job and wait until it has ended',
  positionals: 'ID',
  example: 'px job cancel j7k2m9x4qpa',
  details: 'A job that has ended already stays as it is: that is no error.',
  handler: async (parsed, context) => {
    const id = jobArgument(parsed);
    const client = await context.client();
    const before = await client.call('job', { params: { id } });
    if (isFinal(before.state)) {
      if (context.json) context.output.json(before);
      else context.output.say(`Job ${id} had ended already: ${before.state}.`);
      return 0;
    }
    const startedAt = context.clock();
    const job = await untilFinal(
      client,
      context,
      await client.call('jobCancel', { params: { id } }),
    );
    if (context.json) context.output.json(job);
    else
      context.output.say(`Job ${id} ${job.state} after ${duration(context.clock() - startedAt)}.`);
    return 0;
  },
};
