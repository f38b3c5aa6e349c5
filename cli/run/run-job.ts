import { randomUUID } from 'node:crypto';
import type { Client } from '../../protocol/client.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import { chooseCluster } from './choose-cluster.ts';
import { lastingConnection } from './connection.ts';
import { jobEnvironment } from './environment.ts';
import { bundleOf, type Decided, openChosen, type Plan, tellLeftOut } from './plan.ts';
import type { Patience } from './retry.ts';
import { makeSpec } from './spec.ts';
import { shipBundle, submitJob } from './submit.ts';

/** A job that was submitted, and what is needed to see it through. */
export interface Submitted {
  job: JobView;
  bundle: Bundle;
  decided: Decided;
  connect: () => Promise<Client>;
  /** Milliseconds since 1970 at which the project was looked at. */
  lookedAt: number;
}

/**
 * Looks at the input before anything is submitted: a line that no argument can carry, or that names
 * a file which no node would have, costs nothing.
 */
const checkInput = async (decided: Decided, bundle: Bundle, plan: Plan, context: Context) => {
  const { input, source } = decided;
  if (source === null || source.path === null) return;
  const { prescan } = await import('./prescan.ts');
  const head = input.kind === 'args' ? (await prescan(source.path, input.separator)).head : [];
  if (!plan.project.git) return;
  const { refuseIgnored, refuseIgnoredInput } = await import('./ignored-lines.ts');
  const { root, config } = plan.project;
  const check = {
    root,
    cwd: context.cwd,
    listed: bundle.listed,
    include: config.include ?? [],
    collect: [...(config.collect ?? []), ...plan.flags.collect],
  };
  refuseIgnoredInput(source.path, plan.words.text, check);
  refuseIgnored(head, check);
};

const nodesOf = (nodes: readonly { state: string }[]): string =>
  plural(nodes.filter(({ state }) => state !== 'terminated' && state !== 'lost').length, 'node');

const checkJoblog = async ({ flags: { joblog } }: Plan): Promise<void> => {
  if (joblog === undefined) return;
  const { tryJoblog } = await import('./joblog.ts');
  tryJoblog(joblog);
};

const resumeOf = async (plan: Plan, connect: () => Promise<Client>) => {
  const { joblog, resume } = plan.flags;
  if (!resume || joblog === undefined) return null;
  const { prepareResume } = await import('./resume.ts');
  return prepareResume(await connect(), joblog);
};

/** Rejections of what runs beside are met where it is awaited. */
const later = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => {});
  return promise;
};

/**
 * Connects, chooses the cluster, makes and ships the bundle and opens the input, side by side; then
 * submits the job.
 *
 * @param starting called right before the submit with the job's id to be: from there on a signal
 *   must cancel
 */
export const submitRun = async (
  plan: Plan,
  context: Context,
  patience: Patience,
  starting: (id: Promise<string>, connect: () => Promise<Client>) => void,
): Promise<Submitted> => {
  const connect = lastingConnection(context);
  const lookedAt = context.now();
  const client = later(connect());
  const bundling = later(bundleOf(plan, context));
  const opening = later(openChosen(plan, context));
  const choosing = later(
    client.then((it) => chooseCluster(it, context, plan.cluster, plan.project.config)),
  );
  const remake = (changed: ReadonlySet<string>) => bundleOf(plan, context, changed);
  const shipping = later(
    bundling.then(async (made) => {
      await client;
      return shipBundle(connect, made, {
        ...patience,
        remake,
        say: (text) => context.output.say(text),
      });
    }),
  );
  // Together: a cluster that is not up is said though stdin keeps silent.
  const [made, decided, cluster] = await Promise.all([bundling, opening, choosing]);
  tellLeftOut(made, context);
  await checkInput(decided, made, plan, context);
  const env = jobEnvironment(cluster.name, plan.project.config, plan.flags.env, context.env);
  const resume = await resumeOf(plan, connect);
  await checkJoblog(plan);
  context.output.say(
    `Submitting '${plan.words.text}' job to PX cluster [${nodesOf(cluster.nodes)}].`,
  );
  const bundle = await shipping;
  const spec = makeSpec({
    project: plan.project,
    cwd: context.cwd,
    flags: plan.flags,
    input: decided.input,
    words: plan.templated,
    bundle: bundle.id,
    resume,
  });
  const submitting = submitJob(
    connect,
    { cluster: cluster.name, spec, env },
    randomUUID(),
    bundle,
    patience,
  );
  starting(later(submitting.then(({ id }) => id)), connect);
  const job = await submitting;
  return { job, bundle, decided, connect, lookedAt };
};
