import { fromBase64, show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import type { Context } from '../context.ts';
import { failureSummary } from './failures.ts';
import type { Joblog } from './joblog.ts';
import { lostOutput } from './lost-output.ts';
import type { Plan } from './plan.ts';
import type { Patience } from './retry.ts';
import type { Submitted } from './run-job.ts';
import { sendRunInput } from './send-run-input.ts';
import { tellTrouble } from './trouble.ts';
import { chooseViews } from './views.ts';
import { watchJob } from './watch-job.ts';
import { inputsOf, processedLine } from './words.ts';

/** px's own errors, and what it could not finish. */
const ERROR_STATUS = 125;

const openJoblog = async (plan: Plan, job: string): Promise<Joblog | null> => {
  const { joblog, resume } = plan.flags;
  if (joblog === undefined) return null;
  const [{ Joblog: Log }, { writeSidecar }] = await Promise.all([
    import('./joblog.ts'),
    import('./resume.ts'),
  ]);
  const log = new Log(joblog, plan.words.text, resume);
  if (log.isFile) log.attempt(() => writeSidecar(joblog, job));
  return log;
};

/** Brings collected files home; whether all is in its place. */
const collect = async (
  submitted: Submitted,
  plan: Plan,
  context: Context,
  patience: Patience,
): Promise<boolean> => {
  const { job, bundle, connect, lookedAt } = submitted;
  const [{ bringHome }, { openBrought }] = await Promise.all([
    import('./bring-home.ts'),
    import('./brought.ts'),
  ]);
  const { root } = plan.project;
  const home = await bringHome({
    ...patience,
    connect,
    job,
    root,
    baseline: {
      hashes: new Map(bundle.files.map(({ path, sha256 }) => [path, sha256])),
      submittedAt: lookedAt,
      brought: openBrought(context.home, job.id, root),
    },
    output: context.output,
  });
  return home.whole;
};

const statusOf = (job: JobView): number => job.exit ?? ERROR_STATUS;

const emptyWords = ({ spec: { input } }: JobView): string =>
  input.kind === 'files'
    ? `No file on the node matches ${show(fromBase64(input.glob))}`
    : 'The input is empty';

const tellEnd = (job: JobView, context: Context, startedMs: number): void => {
  const { total } = inputsOf(job);
  const isEmpty = total === 0 && job.state === 'succeeded';
  if (isEmpty) context.output.say(`${emptyWords(job)}: there was nothing to run.`);
  for (const line of failureSummary(job)) context.output.warn(line);
  context.output.say(processedLine(job, context.clock() - startedMs));
};

/** Closes the joblog; whether all that it should hold is in it. */
const tellJoblog = (joblog: Joblog | null, plan: Plan, context: Context): boolean => {
  joblog?.close();
  if (joblog === null || joblog.isComplete) return true;
  context.output.warn(
    `The joblog ${plan.flags.joblog} is incomplete: --resume would run again what it lacks.`,
  );
  return false;
};

interface ThroughOptions {
  plan: Plan;
  context: Context;
  /** Context.clock() when px began. */
  startedMs: number;
  /** Ends the sending of input. */
  stopInput: AbortController;
  cancel: () => Promise<unknown>;
}

/**
 * Sends the input and follows the output of a submitted job, side by side, until the job has ended
 * and its files are home.
 *
 * @returns the exit status by the contract
 */
export const seeThrough = async (
  submitted: Submitted,
  options: ThroughOptions,
): Promise<number> => {
  const { plan, context, stopInput } = options;
  const { job, connect } = submitted;
  const joblog = await openJoblog(plan, job.id);
  const lost = lostOutput(context, job.id);
  const following = new AbortController();
  const patience: Patience = { sleep: context.sleep, signal: following.signal };
  const whileSending: Patience = {
    sleep: context.sleep,
    signal: stopInput.signal,
    onTrouble: tellTrouble(context.output),
  };
  const sending = sendRunInput(submitted, whileSending, context.files).catch(
    async (error: unknown) => {
      // A job that is over takes no more; its end says why.
      const over = error instanceof PxError && error.code === 'input_sealed';
      if (stopInput.signal.aborted || over) return;
      await options.cancel();
      following.abort(error);
    },
  );
  try {
    const ended = await watchJob({
      context,
      connect,
      job: job.id,
      ...chooseViews(context.output, plan.flags),
      order: plan.flags.order,
      tag: plan.flags.tag,
      report: true,
      pace: true,
      follow: true,
      signal: following.signal,
      commits: joblog,
      onUnwritable: lost.tell,
    });
    stopInput.abort();
    const last = ended ?? job;
    const home = last.collectedFiles === 0 || (await collect(submitted, plan, context, patience));
    tellEnd(last, context, options.startedMs);
    const status = lost.status(statusOf(last));
    const isLogged = tellJoblog(joblog, plan, context);
    return status === 0 && !(home && isLogged) ? ERROR_STATUS : status;
  } finally {
    stopInput.abort();
    joblog?.close();
    await sending;
  }
};
