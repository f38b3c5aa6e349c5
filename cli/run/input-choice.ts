import { PxError } from '../../protocol/errors.ts';
import type { RunSection } from '../../protocol/px-yaml.ts';
import type { Parsed } from '../command.ts';

/** Which input the flags ask for; `maybe-stdin` is decided by what stdin is. */
export type InputChoice =
  | { kind: 'args'; file: string; separator: '\n' | '\0' }
  | { kind: 'stdin'; file: string }
  | { kind: 'files'; glob: string }
  | { kind: 'maybe-stdin' }
  | { kind: 'none' };

/** The name that means stdin. */
export const STDIN = '-';

const fromConfig = (run: RunSection, separator: '\n' | '\0'): InputChoice | null => {
  if (run.args_file !== undefined) return { kind: 'args', file: run.args_file, separator };
  if (run.stdin_file !== undefined) return { kind: 'stdin', file: run.stdin_file };
  return run.files === undefined ? null : { kind: 'files', glob: run.files };
};

/**
 * At most one input. A flag wins over px.yaml's `run:`; without either stdin may be it.
 *
 * @throws PxError `bad_request` where two are given
 */
export const chooseInput = (parsed: Parsed, run: RunSection): InputChoice => {
  const separator = parsed.flag('null') ? '\0' : '\n';
  const argsFile = parsed.value('args-file');
  const stdinFile = parsed.value('stdin-file');
  const glob = parsed.value('files');
  const chosen: [string, InputChoice][] = [];
  if (argsFile !== undefined)
    chosen.push(['--args-file', { kind: 'args', file: argsFile, separator }]);
  if (stdinFile !== undefined) chosen.push(['--stdin-file', { kind: 'stdin', file: stdinFile }]);
  if (parsed.flag('stdin')) chosen.push(['--stdin', { kind: 'stdin', file: STDIN }]);
  if (glob !== undefined) chosen.push(['--files', { kind: 'files', glob }]);
  if (chosen.length > 1) {
    const names = chosen.map(([name]) => name).join(' and ');
    throw new PxError('bad_request', `Expected at most one input, got ${names}.`, {
      hint: 'Keep one of them.',
    });
  }
  const [only] = chosen;
  const choice = only?.[1] ?? fromConfig(run, separator);
  const readsStdin =
    choice !== null && choice.kind !== 'files' && 'file' in choice && choice.file === STDIN;
  if (parsed.flag('no-stdin') && readsStdin) {
    throw new PxError('bad_request', 'Expected no input from stdin (--no-stdin), got one.', {
      hint: 'Leave one of the two out.',
    });
  }
  if (choice !== null) return choice;
  return { kind: parsed.flag('no-stdin') ? 'none' : 'maybe-stdin' };
};
