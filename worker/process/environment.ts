import type { JobEnv } from '../../protocol/messages/jobs.ts';

/** Marks every process of an attempt, so that it is found again after a double fork and a setsid. */
export const MARKER = 'PX_LEASE';

/** What a process learns about where it runs. */
interface Place {
  job: string;
  node: string;
  slot: number;
  partition: number;
  partitions: number | null;
  attempt: number;
  cpus: number;
  marker: string;
}

/** The environment of a process in two layers: what is the job's is made once, and never changed. */
export interface Environment {
  readonly job: Readonly<Record<string, string>>;
  /** Stands before the job's. */
  readonly own: Readonly<Record<string, string>>;
}

/** From the worker's own environment, for nodes where the job brings none. */
export interface Defaults {
  PATH: string;
  HOME: string;
  LANG: string | undefined;
}

/**
 * The environment of a job's process. On `local` the job brings the submitter's own; elsewhere the
 * worker adds PATH, HOME and LANG, and nothing else of its own. PX_PARTITIONS of a px around this one
 * says nothing here.
 */
export const jobEnvironment = (env: JobEnv, defaults: Defaults): Record<string, string> => {
  const { PX_PARTITIONS: _, ...own } = { ...env.env, ...env.secrets };
  const { LANG, ...rest } = defaults;
  return { ...rest, ...('PATH' in own || LANG === undefined ? {} : { LANG }), ...own };
};

/** What px says about the attempt. */
export const attemptVariables = (place: Place): Record<string, string> => ({
  PX_JOB: place.job,
  PX_NODE: place.node,
  PX_SLOT: String(place.slot),
  PX_PARTITION: String(place.partition),
  ...(place.partitions === null ? {} : { PX_PARTITIONS: String(place.partitions) }),
  PX_ATTEMPT: String(place.attempt),
  PX_CPUS: String(place.cpus),
  [MARKER]: place.marker,
});
