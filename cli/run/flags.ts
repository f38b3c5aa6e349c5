import { PxError } from '../../protocol/errors.ts';
import type { Cut, Limits } from '../../protocol/messages/jobs.ts';
import type { RunSection } from '../../protocol/px-yaml.ts';
import type { Parsed } from '../command.ts';
import { duration, halt, inside, integer, jobName, oneOf, size } from './flag-values.ts';

/** 100,000: as many processes as a cluster may have, as px.yaml allows. */
const MANY = 100_000;
/** Lines that go to one process: as many as there are. */
const LINES_MAX = Number.MAX_SAFE_INTEGER;
const MAX_RETRIES = 1000;
/** A signal, an OOM kill or a timeout may be the machine's fault: twice more. */
const CRASH_RETRIES = 2;

/** How `px run` runs; px.yaml's `run:` gives what no flag gives. */
export interface RunFlags {
  cluster: string | undefined;
  parallel: number | null;
  partitions: 'static' | 'auto' | undefined;
  batch: number | undefined;
  order: boolean;
  limits: Limits;
  tag: boolean;
  output: 'live' | 'final' | undefined;
  dryRun: boolean;
  detach: boolean;
  name: string | null;
  env: readonly string[];
  joblog: string | undefined;
  resume: boolean;
  collect: readonly string[];
  bundleLimit: number | undefined;
}

const limitsOf = (parsed: Parsed, run: RunSection): Limits => {
  const retries = parsed.value('retries');
  const crashRetries = parsed.value('crash-retries');
  const timeout = parsed.value('timeout');
  const count = integer(0, MAX_RETRIES);
  return {
    retries: retries === undefined ? (run.retries ?? 0) : count('retries', retries),
    crashRetries:
      crashRetries === undefined
        ? (run.crash_retries ?? CRASH_RETRIES)
        : count('crash-retries', crashRetries),
    timeoutMs: timeout === undefined ? (run.timeout ?? null) : duration('timeout', timeout),
    halt: halt('halt', parsed.value('halt') ?? run.halt ?? 'never'),
  };
};

/**
 * `-n` and `--partitions` as they are given together: a flag wins over px.yaml, whichever of the two it is.
 *
 * @throws PxError `bad_request` where both stand in one place and contradict each other
 */
const cutFlags = (parsed: Parsed, run: RunSection): Pick<RunFlags, 'batch' | 'partitions'> => {
  const batch = parsed.value('batch');
  const partitions = parsed.value('partitions');
  const typed = {
    batch: batch === undefined ? undefined : integer(1, LINES_MAX)('batch', batch),
    partitions:
      partitions === undefined ? undefined : oneOf('static', 'auto')('partitions', partitions),
  };
  const isTyped = batch !== undefined || partitions !== undefined;
  const cut = isTyped ? typed : { batch: run.batch, partitions: run.partitions };
  if (cut.batch !== undefined && cut.partitions === 'static') {
    throw new PxError(
      'bad_request',
      'Expected one cut, got two: -n gives every N lines a partition, --partitions static one to each slot.',
      { hint: 'Leave one of them out.' },
    );
  }
  return cut;
};

/**
 * Reads the flags of `px run`.
 *
 * @throws PxError `bad_request` that names the flag, what was expected and what was found
 */
export const readFlags = (parsed: Parsed, run: RunSection): RunFlags => {
  const number = (name: string): number | undefined => {
    const value = parsed.value(name);
    return value === undefined ? undefined : integer(1, MANY)(name, value);
  };
  const output = parsed.value('output');
  const bundleLimit = parsed.value('bundle-limit');
  const name = parsed.value('name');
  return {
    cluster: parsed.value('cluster'),
    parallel: number('parallel') ?? run.parallel ?? null,
    ...cutFlags(parsed, run),
    order: parsed.flag('order') || run.order === true,
    limits: limitsOf(parsed, run),
    tag: parsed.flag('tag') || run.tag === true,
    output: output === undefined ? run.output : oneOf('live', 'final')('output', output),
    dryRun: parsed.flag('dry-run'),
    detach: parsed.flag('detach'),
    name: name === undefined ? null : jobName(name),
    env: parsed.values('env'),
    joblog: parsed.value('joblog') ?? run.joblog,
    resume: parsed.flag('resume'),
    collect: parsed.values('collect').map((glob) => inside('collect', glob)),
    bundleLimit: bundleLimit === undefined ? run.bundle_limit : size('bundle-limit', bundleLimit),
  };
};

/**
 * The cut: `-n` wins, then `--partitions`; a template is one invocation a line, stdin is dealt in
 * blocks as slots come free, everything else is fixed at submit.
 */
export const chooseCut = (
  flags: Pick<RunFlags, 'batch' | 'partitions'>,
  input: { kind: 'none' | 'args' | 'stdin' | 'files'; template: boolean },
): Cut => {
  if (input.kind === 'none') return { mode: 'static' };
  if (flags.batch !== undefined) return { mode: 'batch', size: flags.batch };
  if (flags.partitions !== undefined) return { mode: flags.partitions };
  if (input.template) return { mode: 'batch', size: 1 };
  return { mode: input.kind === 'stdin' ? 'auto' : 'static' };
};
