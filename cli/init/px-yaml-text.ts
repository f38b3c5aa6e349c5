import type { FoundStack } from './stacks.ts';

/** 40 characters: what a cluster's name may have. */
const NAME_MAX_CHARS = 40;

/** A cluster's name out of a directory's: `My Thesis (2)` becomes `my-thesis-2`. */
const clusterNameFrom = (directory: string): string => {
  const name = directory
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, NAME_MAX_CHARS)
    .replace(/-+$/, '');
  return name === '' || name === 'local' ? 'my-cluster' : name;
};

const setupLines = (found: readonly FoundStack[]): string[] => {
  if (found.length === 0)
    return ['# setup: |', '#   python3 -m pip install --target packages -r requirements.txt'];
  const lines = found.flatMap(({ stack }) => stack.setup);
  // Without it a failed first step would go unnoticed behind a second one that works.
  return [
    'setup: |',
    ...(lines.length > 1 ? ['set -e'] : []).concat(lines).map((line) => `  ${line}`),
  ];
};

/** The environment that the found stacks need. */
export const envOf = (found: readonly FoundStack[]): Record<string, string> =>
  Object.assign({}, ...found.map(({ stack }) => stack.env ?? {}));

const envLines = (found: readonly FoundStack[]): string[] => {
  const env = Object.entries(envOf(found)).map(([name, value]) => `  ${name}: ${value}`);
  return env.length > 0 ? ['env:', ...env] : ['# env:', '#   LOG_LEVEL: info'];
};

/** The text of a commented px.yaml for a directory. */
export const pxYamlText = (directory: string, found: readonly FoundStack[]): string => {
  const seen = found.map(({ stack, file }) => `${file} (${stack.name})`).join(', ');
  return `${[
    '# px: what travels, how a node gets ready, and where jobs run. Every key is optional.',
    '',
    '# Without `cluster:` jobs run on `local`, this machine. With it:',
    '#',
    '# cluster:',
    `#   name: ${clusterNameFrom(directory)}`,
    '#   provider: local      # this machine, as nodes of their own: px cluster up',
    '#   nodes: 2',
    '#   cpus_per_node: 2',
    '#   idle_timeout: 15m    # down by itself after this long without a job',
    '',
    found.length === 0
      ? '# Once per node, before the first job. It runs again when its text or a file it names changes.'
      : `# Once per node, before the first job; written for ${seen}.`,
    ...(found.length === 0 ? [] : ['# It runs again when its text or a file it names changes.']),
    ...setupLines(found),
    '',
    '# Environment of every process.',
    ...envLines(found),
    '',
    '# Names of variables that are taken from your environment; their values are stored sealed.',
    '# secrets: [API_KEY]',
    '',
    '# What git tracks, and what it does not ignore, travels. Beyond, and less than, that:',
    '# include: [data/sample.csv]',
    '# exclude: [docs/**]',
    '',
    '# Files that come home when they changed.',
    '# collect: [out/**]',
    '',
    '# Defaults for the flags of px run.',
    '# run:',
    '#   retries: 1',
    '#   timeout: 10m',
  ].join('\n')}\n`;
};
