import { resolve } from 'node:path';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { Manifest } from '../../protocol/messages/bundles.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import { jobArgument } from '../arguments.ts';
import { manifestHashes } from '../bundle/manifest.ts';
import type { Command } from '../command.ts';
import { makeFolder } from '../make-folder.ts';
import { bringHome, NOTHING_CAME } from '../run/bring-home.ts';
import { openBrought } from '../run/brought.ts';
import { lastingConnection } from '../run/connection.ts';

/** Two nodes' versions of one path, or a file that could not be written. */
const INCOMPLETE_STATUS = 125;

const baselineOf = async (client: Client, job: JobView) => {
  const { bundle } = job.spec;
  if (bundle === null) return { hashes: new Map<string, string>(), submittedAt: job.createdAt };
  const response = await client.call('blob', { params: { sha256: bundle } });
  const manifest = Manifest.parse(JSON.parse(await response.text()));
  return { hashes: manifestHashes(manifest), submittedAt: job.createdAt };
};

const makeRoot = (root: string): void => {
  try {
    makeFolder(root);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('bad_input', `The folder ${root} cannot be made: ${words}`, {
      hint: 'Name another: px job pull ID --to DIR',
      cause,
    });
  }
};

export const jobPull: Command = {
  path: ['job', 'pull'],
  summary: 'bring the collected files of a job home',
  positionals: 'ID',
  options: [{ name: 'to', value: 'DIR', summary: 'into this folder (default: the project)' }],
  example: 'px job pull j7k2m9x4qpa --to results',
  details: `
A file that was changed here since the submit stays as it is; the arriving version is written beside it,
as path.px-NODE. So are both versions where two nodes differ, which ends with 125.`,
  handler: async (parsed, context) => {
    const id = jobArgument(parsed);
    const to = parsed.value('to');
    const root = to === undefined ? (await context.project()).root : resolve(context.cwd, to);
    const connect = lastingConnection(context);
    const client = await connect();
    const job = await client.call('job', { params: { id } });
    if (!isFinal(job.state)) {
      throw new PxError('job_running', `Job ${id} has not ended: it is ${job.state}.`, {
        hint: `Wait for its end: px job attach ${id}`,
      });
    }
    if (job.collectedFiles === 0) {
      context.output.say(`The job ${id} collected no files.`);
      if (context.json) context.output.json({ job: id, ...NOTHING_CAME });
      return 0;
    }
    makeRoot(root);
    const home = await bringHome({
      connect,
      job,
      root,
      baseline: {
        ...(await baselineOf(client, job)),
        brought: openBrought(context.home, id, root),
      },
      output: context.output,
      sleep: context.sleep,
      signal: new AbortController().signal,
    });
    if (context.json) context.output.json({ job: id, ...home });
    return home.whole ? 0 : INCOMPLETE_STATUS;
  },
};
