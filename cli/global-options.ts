import type { Option } from './command.ts';

/** What every command takes. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  { name: 'json', summary: 'print JSON; errors are JSON too, on stderr' },
  { name: 'help', short: 'h', summary: 'print this help' },
  { name: 'context', value: 'NAME', summary: 'the control plane to talk to (default: embedded)' },
  {
    name: 'quiet',
    short: 'q',
    summary: "drop px's own words; lists print their first column only",
  },
  { name: 'verbose', short: 'v', summary: 'say more' },
  { name: 'yes', short: 'y', summary: 'answer yes to every question' },
  {
    name: 'color',
    value: 'auto|always|never',
    summary: 'colours (default: auto; honours NO_COLOR)',
  },
];
