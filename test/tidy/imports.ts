import { posix } from 'node:path';
import type { Source } from './source.ts';

/** One edge of the module graph. `target` is a path in this repository, or a package's specifier. */
interface Import {
  readonly target: string;
  readonly isLocal: boolean;
  readonly isTypeOnly: boolean;
  readonly offset: number;
  /** The imported names; undefined where all of them are meant (`* as x`, `import()`). */
  readonly names: readonly string[] | undefined;
}

const resolve = (source: Source, specifier: string): Pick<Import, 'target' | 'isLocal'> =>
  specifier.startsWith('.')
    ? { target: posix.join(posix.dirname(source.path), specifier), isLocal: true }
    : { target: specifier, isLocal: false };

const namesOf = (
  entries: readonly { importName: { kind: string; name: string | null } }[],
): string[] | undefined => {
  const names: string[] = [];
  for (const { importName } of entries) {
    if (importName.kind === 'Default') names.push('default');
    else if (importName.name === null) return undefined;
    else names.push(importName.name);
  }
  return names;
};

const staticImports = (source: Source): Import[] =>
  source.module.staticImports.map((statement) => ({
    ...resolve(source, statement.moduleRequest.value),
    // `import { type A }` still loads the module; only `import type` disappears.
    isTypeOnly: /^import\s+type\b/.test(source.text.slice(statement.start, statement.end)),
    offset: statement.start,
    names: namesOf(statement.entries),
  }));

const reexports = (source: Source): Import[] =>
  source.module.staticExports.flatMap((statement) =>
    statement.entries.flatMap((entry) =>
      entry.moduleRequest === null
        ? []
        : {
            ...resolve(source, entry.moduleRequest.value),
            isTypeOnly: entry.isType,
            offset: statement.start,
            names: namesOf([entry]),
          },
    ),
  );

const dynamicImports = (source: Source): Import[] =>
  source.module.dynamicImports.flatMap(({ start, moduleRequest }) => {
    const [, specifier] =
      /^['"](.+)['"]$/.exec(source.text.slice(moduleRequest.start, moduleRequest.end)) ?? [];
    return specifier === undefined
      ? []
      : { ...resolve(source, specifier), isTypeOnly: false, offset: start, names: undefined };
  });

export const importsOf = (source: Source): Import[] => [
  ...staticImports(source),
  ...reexports(source),
  ...dynamicImports(source),
];

const FILE_URL = /new URL\(\s*['"](\.[^'"]+\.ts)['"],\s*import\.meta\.url/g;

/** Files that are started rather than imported: `new URL('./guard.ts', import.meta.url)`. */
export const startedBy = (source: Source): string[] =>
  [...source.text.matchAll(FILE_URL)].map(([, path = '']) => resolve(source, path).target);
