import type { Client } from '../../protocol/client.ts';
import type { Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { isBrokenPipe } from '../output/sink.ts';
import { cancelJob, cancelOnSignal } from './interrupt.ts';
import { printJobId } from './lost-output.ts';
import { makePlan, type Plan } from './plan.ts';
import type { Patience } from './retry.ts';
import { submitRun } from './run-job.ts';
import { seeThrough } from './see-through.ts';
import { sendRunInput } from './send-run-input.ts';
import { tellTrouble } from './trouble.ts';

/** 128 + SIGPIPE: what a program ends with when its reader goes away. */
const BROKEN_PIPE_STATUS = 141;

const runPlan = async (plan: Plan, context: Context, startedMs: number): Promise<number> => {
  const stopInput = new AbortController();
  const patience: Patience = {
    sleep: context.sleep,
    signal: stopInput.signal,
    onTrouble: tellTrouble(context.output),
  };
  const begun = Promise.withResolvers<{ id: Promise<string>; connect: () => Promise<Client> }>();
  const work = async (): Promise<number> => {
    const submitted = await submitRun(
      plan,
      context,
      { ...patience, signal: never() },
      (id, connect) => begun.resolve({ id, connect }),
    );
    if (plan.flags.detach) {
      await sendRunInput(submitted, patience, context.files);
      return printJobId(context, submitted.job.id);
    }
    const cancel = () =>
      cancelJob({ context, connect: submitted.connect, job: Promise.resolve(submitted.job.id) });
    try {
      return await seeThrough(submitted, { plan, context, startedMs, stopInput, cancel });
    } catch (error) {
      if (!isBrokenPipe(error)) throw error;
      await cancel();
      return BROKEN_PIPE_STATUS;
    }
  };
  const working = work();
  // Before the submit a signal just ends px: there is nothing to cancel.
  const started = await Promise.race([begun.promise, working]);
  if (typeof started === 'number') return started;
  const { id, connect } = started;
  return cancelOnSignal({ context, connect, job: id }, working, () => stopInput.abort());
};

/** A signal that no one sends: what is submitted must come to an answer. */
const never = (): AbortSignal => new AbortController().signal;

/** `px run`. */
export const runCommand = async (parsed: Parsed, context: Context): Promise<number> => {
  const startedMs = context.clock();
  const plan = await makePlan(parsed, context);
  if (plan.project.configPath !== null) context.output.say('Reading [px.yaml]');
  if (plan.flags.dryRun) {
    const { dryRun } = await import('./dry-run.ts');
    return dryRun(plan, context);
  }
  return runPlan(plan, context, startedMs);
};
