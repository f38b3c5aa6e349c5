import { importsOf, startedBy } from './imports.ts';
import { isTest, type Source, type Violation, violationAt } from './source.ts';

const ENTRIES =
  /^(cli\/main|control-plane\/(node|deno)|worker\/main|test\/run|test\/runner\/preload|test\/live\/[^/]+|bench\/[^/]+|scripts\/[^/]+|dashboard\/main)\.ts$|\.test\.ts$/;

/** Import cycles, each named once at its alphabetically first file. Types alone make none. */
export const importCycles = (sources: readonly Source[]): Violation[] => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const cycles = new Map<string, readonly string[]>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const loop = trail.slice(start);
      cycles.set([...loop].sort().join(), loop);
      return;
    }
    const source = byPath.get(path);
    if (source === undefined || done.has(path)) return;
    for (const edge of importsOf(source)) {
      if (edge.isLocal && !edge.isTypeOnly) visit(edge.target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of byPath.keys()) visit(path, []);
  return [...cycles.values()].map((loop) => {
    const first = loop.toSorted()[0] ?? '.';
    return { rule: 'cycle', path: first, line: 1, message: [...loop, loop[0]].join(' → ') };
  });
};

const ALL = '*';

/** Which names of which file somebody imports, counted by who may count as a user of it. */
const usedNames = (sources: readonly Source[]): Set<string> => {
  const used = new Set<string>();
  for (const source of sources) {
    for (const started of startedBy(source)) used.add(`${started} ${ALL}`);
    for (const edge of importsOf(source)) {
      // A test is no reason for an export to exist, unless a test helper makes it.
      if (!edge.isLocal || (isTest(source.path) && !isTest(edge.target))) continue;
      for (const name of edge.names ?? [ALL]) used.add(`${edge.target} ${name}`);
      used.add(`${edge.target} file`);
    }
  }
  return used;
};

export const deadExports = (sources: readonly Source[]): Violation[] => {
  const used = usedNames(sources);
  const isUsed = (path: string, name: string) =>
    used.has(`${path} ${ALL}`) || used.has(`${path} ${name}`);
  return sources
    .filter((source) => !ENTRIES.test(source.path))
    .flatMap((source) =>
      source.module.staticExports.flatMap((statement) =>
        [...new Set(statement.entries.map((entry) => entry.exportName.name))]
          .filter((name) => name !== null && !isUsed(source.path, name))
          .map((name) =>
            violationAt('dead-export', source, statement.start, `nothing imports ${name}`),
          ),
      ),
    );
};

export const deadFiles = (sources: readonly Source[]): Violation[] => {
  const used = usedNames(sources);
  return sources
    .filter((source) => !ENTRIES.test(source.path))
    .filter(({ path }) => !used.has(`${path} file`) && !used.has(`${path} ${ALL}`))
    .map((source) => violationAt('dead-file', source, 0, 'nothing imports this file'));
};
