import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { type CollectedFile, isLinkMode } from '../../protocol/messages/bundles.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import { type RawPath, rawFromBase64, rawFromText, rawToText } from '../bundle/raw-path.ts';
import type { Output } from '../output/output.ts';
import { plural } from '../output/units.ts';
import { type Baseline, compareWithLocal } from './local-version.ts';
import { type Patience, untilItWorks } from './retry.ts';
import { makePlace } from './safe-place.ts';
import { writeCollected } from './write-collected.ts';
import { writeLink } from './write-link.ts';

export interface HomeOptions extends Patience {
  connect: () => Promise<Client>;
  job: Pick<JobView, 'id'>;
  /** The folder that the paths are relative to. */
  root: string;
  baseline: Baseline;
  output: Output;
}

/** Four files at a time: small ones would wait for each other's round trips. */
const AT_ONCE = 4;

/** What a person reads of each kind; the rest is counted. */
const NAMED = 10;

interface Report {
  written: number;
  same: number;
  /** Files that were changed here, and where the job's version stands. */
  kept: { path: string; beside: string }[];
  /** Links that would lead out of the project. */
  left: string[];
  conflicts: Set<string>;
  refused: PxError[];
}

/** What came home, as `px job pull --json` prints it; paths as text. */
interface Homecoming {
  written: number;
  same: number;
  kept: readonly { path: string; beside: string }[];
  left: readonly string[];
  conflicts: readonly string[];
  refused: readonly string[];
  /** Every file stands in its place, or beside one that the user changed. */
  whole: boolean;
}

/** Of a job that collected nothing. */
export const NOTHING_CAME: Homecoming = {
  ...{ written: 0, same: 0, kept: [], left: [], conflicts: [], refused: [] },
  whole: true,
};

/** `path.px-NODE`: where the version of a node stands that must not take the place of another. */
const besidePath = (path: RawPath, node: string): RawPath =>
  `${path}.px-${rawFromText(node.replaceAll(/[^A-Za-z0-9._-]/g, '_'))}`;

const placeOf = async (
  file: CollectedFile,
  options: HomeOptions,
  report: Report,
): Promise<RawPath | null> => {
  const path = rawFromBase64(file.path);
  makePlace(options.root, path);
  const beside = besidePath(path, file.nodeName);
  if (file.conflict) {
    report.conflicts.add(rawToText(path));
    return beside;
  }
  const decision = await compareWithLocal(options.root, path, file, options.baseline);
  if (decision === 'same') report.same += 1;
  if (decision !== 'keep') return decision === 'write' ? path : null;
  report.kept.push({ path: rawToText(path), beside: rawToText(beside) });
  return beside;
};

/** Null, or why it stays behind. */
const write = async (
  client: Client,
  { root }: HomeOptions,
  place: RawPath,
  file: CollectedFile,
): Promise<string | null> => {
  if (isLinkMode(file.mode)) return writeLink(client, root, place, file);
  await writeCollected(client, root, place, file);
  return null;
};

const bring = async (file: CollectedFile, options: HomeOptions, report: Report): Promise<void> => {
  try {
    const place = await placeOf(file, options, report);
    if (place === null) return;
    const left = await untilItWorks(
      async () => write(await options.connect(), options, place, file),
      options,
    );
    if (left === null) {
      options.baseline.brought.add(place, file.sha256);
      report.written += 1;
    } else report.left.push(left);
  } catch (error) {
    if (!(error instanceof PxError)) throw error;
    report.refused.push(error);
  }
};

async function* filesOf(options: HomeOptions): AsyncGenerator<CollectedFile> {
  let cursor: string | undefined;
  do {
    const page = await untilItWorks(async () => {
      const client = await options.connect();
      return client.call('files', {
        params: { id: options.job.id },
        query: { limit: 1000, cursor },
      });
    }, options);
    yield* page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

const someOf = (lines: readonly string[], warn: (text: string) => void): void => {
  for (const line of lines.slice(0, NAMED)) warn(line);
  if (lines.length > NAMED) warn(`… and ${lines.length - NAMED} more.`);
};

const tell = (report: Report, output: Output): void => {
  const all = report.written + report.same;
  if (all > 0) output.say(`Brought ${plural(all, 'file')} home.`);
  someOf(
    report.kept.map(
      ({ path, beside }) => `Kept your changed ${path}: the version of the job is ${beside}`,
    ),
    (text) => output.warn(text),
  );
  someOf(
    report.left.map((line) => `Left behind: the link ${line}`),
    (text) => output.warn(text),
  );
  const conflicts = [...report.conflicts].map(
    (path) => `Nodes differ over ${path}: their versions are ${path}.px-NODE`,
  );
  someOf(conflicts, (text) => output.warn(text));
  someOf(
    report.refused.map(({ message }) => message),
    (text) => output.warn(text),
  );
};

/**
 * Brings the collected files of a job home. A file that was changed here since the submit is never
 * written over, and nothing is written outside `root`.
 */
export const bringHome = async (options: HomeOptions): Promise<Homecoming> => {
  const report: Report = {
    written: 0,
    same: 0,
    kept: [],
    left: [],
    conflicts: new Set(),
    refused: [],
  };
  const running = new Set<Promise<void>>();
  for await (const file of filesOf(options)) {
    const one: Promise<void> = bring(file, options, report).finally(() => running.delete(one));
    running.add(one);
    if (running.size >= AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
  tell(report, options.output);
  const conflicts = [...report.conflicts];
  const refused = report.refused.map(({ message }) => message);
  const home = { ...report, conflicts, refused };
  if (refused.length > 0) return { ...home, whole: false };
  await untilItWorks(async () => {
    const client = await options.connect();
    return client.call('filesFetched', { params: { id: options.job.id } });
  }, options);
  return { ...home, whole: conflicts.length === 0 };
};
