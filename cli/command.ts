import type { Context } from './context.ts';

/** One option of a command. `--nodes N` takes a value where `value` names it. */
export interface Option {
  /** Long name without dashes: `args-file`. */
  name: string;
  short?: string;
  /** Name of the value in the help, such as `N`; a flag without value leaves it out. */
  value?: string;
  /** May be given more than once. */
  many?: boolean;
  summary: string;
}

/** What the parser found: values by option name, in the order given. */
export interface Parsed {
  positionals: readonly string[];
  /** The words behind `--`, null where there was none. */
  rest: readonly string[] | null;
  flag(name: string): boolean;
  value(name: string): string | undefined;
  values(name: string): readonly string[];
}

/** A command is a data object: one file under commands/ and one row in its registry. */
export interface Command {
  /** `['cluster', 'up']`; `px run` is `['run']`. */
  path: readonly string[];
  summary: string;
  /** Such as `[NAME]` or `ID`; shown in the usage line. */
  positionals?: string;
  options?: readonly Option[];
  /** One line or a few that can be typed as they stand. */
  example: string;
  /** More words for `--help`, below the options. */
  details?: string;
  /** Resolves to the exit status. Expected failures are thrown as PxError: 125. */
  handler(parsed: Parsed, context: Context): Promise<number>;
}
