import type { JobView, Outcome } from '../../protocol/messages/jobs.ts';
import type { OutputFrame } from '../../protocol/messages/output.ts';
import { outcomeText } from '../output/outcome.ts';
import { plural } from '../output/units.ts';

/** A person reads the first few; the rest stands in `px job show`. */
const NAMED = 5;
/** 10 s between words about attempts that run again. */
const SUPERSEDED_EVERY_MS = 10_000;
/** What a shell answers for a command that it does not find, or may not run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

type Committed = Extract<OutputFrame, { t: 'committed' }>;
type Superseded = Extract<OutputFrame, { t: 'superseded' }>;

const failed = (outcome: Outcome): boolean =>
  outcome.kind !== 'resumed' &&
  outcome.kind !== 'canceled' &&
  !(outcome.kind === 'exit' && outcome.code === 0);

/** A mistake that every partition makes alike is said once. */
const sharedMistake = (outcome: Outcome): string | null => {
  if (outcome.kind === 'spawn') return `The command could not start: ${outcome.message}.`;
  if (outcome.kind !== 'exit') return null;
  if (outcome.code === NOT_FOUND) {
    return 'The command was not found (exit 127). Is it installed on the nodes? See setup: in px.yaml.';
  }
  if (outcome.code === NOT_EXECUTABLE) {
    return 'The command may not be run (exit 126). Is its run bit set? Try: chmod +x';
  }
  return null;
};

/** Finds the words about failures, few enough to be read. */
export class Failures {
  readonly #clock: () => number;
  readonly #said = new Set<string>();
  #named = 0;
  #supersededMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** What to say about a partition that is final; null = nothing. */
  committed(frame: Committed): string | null {
    if (!failed(frame.outcome)) return null;
    const mistake = sharedMistake(frame.outcome);
    if (mistake !== null) {
      if (this.#said.has(mistake)) return null;
      this.#said.add(mistake);
      return mistake;
    }
    this.#named += 1;
    if (this.#named > NAMED) return null;
    const where = frame.node === null ? '' : ` on ${frame.node}`;
    return `Partition ${frame.partition} failed${where}: ${outcomeText(frame.outcome)}.`;
  }

  /** What to say about an attempt that does not count. */
  superseded(frame: Superseded): string | null {
    const now = this.#clock();
    if (now - this.#supersededMs < SUPERSEDED_EVERY_MS) {
      this.#unsaid += 1;
      return null;
    }
    const before = this.#unsaid === 0 ? '' : ` (and ${this.#unsaid} more since)`;
    this.#supersededMs = now;
    this.#unsaid = 0;
    const why = outcomeText(frame.outcome);
    return `Partition ${frame.partition} runs again: attempt ${frame.attempt} on ${frame.node}: ${why}${before}.`;
  }

  /** What was left unsaid of attempts that ran again, once the job has ended; null = nothing. */
  ended(): string | null {
    return this.#unsaid === 0 ? null : `… and ${this.#unsaid} more ran again.`;
  }
}

/** `1 of 3 partitions`, `all 3 partitions`; of a job of one, and where their number is unknown, `1 partition`. */
const shareOf = (count: number, all: number | null): string => {
  if (all === null || all === 1) return plural(count, 'partition');
  if (count === 2 && all === 2) return 'Both partitions';
  return count === all
    ? `All ${plural(all, 'partition')}`
    : `${count} of ${plural(all, 'partition')}`;
};

/** The last words about a job that did not succeed. */
export const failureSummary = (job: JobView): string[] => {
  if (job.state !== 'failed' && job.state !== 'canceled') return [];
  const { failed: failures, canceled, succeeded, partitions } = job.counters;
  const untried = partitions === null ? 0 : partitions - succeeded - failures - canceled;
  const lines: string[] = [];
  if (job.problem !== null) lines.push(job.problem.message);
  if (failures > 0) lines.push(`${shareOf(failures, partitions)} failed.`);
  if (canceled > 0) lines.push(`${plural(canceled, 'partition')} canceled.`);
  if (untried > 0) lines.push(`${plural(untried, 'partition')} not started.`);
  // Who canceled it knows; and what was refused before it was cut has nothing to show or to repeat.
  if (job.state === 'canceled' || failures + canceled + job.counters.attempts === 0) return lines;
  return [
    ...lines,
    `See its output: px job logs ${job.id}`,
    `Run the rest again: px job retry ${job.id}`,
  ];
};
