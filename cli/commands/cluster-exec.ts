import { randomUUID } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import type { JobSpec, JobView } from '../../protocol/messages/jobs.ts';
import { clusterArgument } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { answerJson } from '../exec/answers.ts';
import { NodeFollower } from '../exec/follow-nodes.ts';
import { execCommand, execSpec } from '../exec/job-spec.ts';
import { outcomeText } from '../output/outcome.ts';
import { jobEnvironment } from '../run/environment.ts';
import { SIGNAL_STATUS } from '../signal-status.ts';

/** What a job that px could not finish ends with. */
const UNFINISHED_STATUS = 125;

const commandOf = (parsed: Parsed): JobSpec['command'] => {
  const [, source, extra] = parsed.positionals;
  const command = execCommand(parsed.rest, source);
  if (command !== null && extra === undefined && (source === undefined || parsed.rest === null)) {
    return command;
  }
  throw new PxError('bad_request', 'Expected one command behind the name of the cluster.', {
    hint: 'px cluster exec demo -- uname -a',
  });
};

/** Follows until the job has ended; a signal cancels it. */
const followUntilEnd = async (
  context: Context,
  job: JobView,
): Promise<{ status: number; follower: NodeFollower }> => {
  const client = await context.client();
  const follower = new NodeFollower(context, client, job.id);
  const stop = new AbortController();
  let signal: 'SIGINT' | 'SIGTERM' | null = null;
  const undo = context.onSignal((received) => {
    signal = received;
    stop.abort(new PxError('job_running', 'Interrupted.'));
    // The second one ends px at once.
    undo();
  });
  try {
    const ended = await follower.follow(stop.signal);
    return { status: ended.exit ?? UNFINISHED_STATUS, follower };
  } catch (error) {
    await client.call('jobCancel', { params: { id: job.id } }).catch(() => {});
    if (signal === null) throw error;
    return { status: SIGNAL_STATUS[signal], follower };
  } finally {
    undo();
  }
};

/** 5 s: a node that answers has answered by then. */
const LOOK_EVERY_MS = 5000;

/** Names the nodes that px has trouble to reach, once each: the command waits for them. */
const tellTroubled = async (
  context: Context,
  cluster: string,
  signal: AbortSignal,
): Promise<void> => {
  const told = new Set<string>();
  await context.sleep(LOOK_EVERY_MS, signal);
  while (!signal.aborted) {
    const client = await context.client();
    const { nodes } = await client.call('cluster', { params: { name: cluster }, signal });
    for (const { name, state, problem } of nodes) {
      if (state === 'terminated' || problem === null || told.has(name)) continue;
      told.add(name);
      context.output.say(`Node ${name}: ${problem}. Waiting for it; Ctrl-C leaves.`);
    }
    await context.sleep(LOOK_EVERY_MS, signal);
  }
};

const sayFailures = (context: Context, follower: NodeFollower): void => {
  for (const { node, outcome } of follower.answers.ended) {
    const failed = outcome.kind !== 'exit' || outcome.code !== 0;
    if (failed) context.output.say(`[${node}] ${outcomeText(outcome)}`);
  }
};

export const clusterExec: Command = {
  path: ['cluster', 'exec'],
  summary: 'run a command once on every node of a cluster',
  positionals: "[NAME] -- CMD [ARG…] | NAME 'CMD'",
  example: `
px cluster exec demo -- uname -a
px cluster exec demo 'df -h / | tail -1'`,
  details: `
It runs beside whatever the nodes are doing and takes no slot. Each line starts with the node's name;
nodes that said the same within two seconds share it. The status is that of px run.`,
  handler: async (parsed, context) => {
    const command = commandOf(parsed);
    const cluster = await clusterArgument(parsed.positionals[0], context);
    const client = await context.client();
    const job = await client.call('jobSubmit', {
      headers: { 'idempotency-key': randomUUID() },
      json: { cluster, spec: execSpec(command), env: jobEnvironment(cluster, {}, [], context.env) },
    });
    const over = new AbortController();
    // What is said by the way is no reason to fail.
    const telling = tellTroubled(context, cluster, over.signal).catch(() => undefined);
    const { status, follower } = await followUntilEnd(context, job).finally(() => over.abort());
    await telling;
    if (context.json) {
      context.output.json({ job: job.id, status, nodes: follower.answers.ended.map(answerJson) });
    } else sayFailures(context, follower);
    return status;
  },
};
