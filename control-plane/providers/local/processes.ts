import { readdirSync, readFileSync } from 'node:fs';
import { hasProc, identify, type ProcessRef } from '../../process-ref.ts';

const commandOf = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
};

/**
 * Living processes with this word in their command line: what a control plane that was killed had
 * started and not yet written down. Finds none where there is no /proc.
 */
export const findByWord = (word: string): ProcessRef[] => {
  if (!hasProc()) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const pid = Number(name);
      if (pid === process.pid || !commandOf(pid).includes(word)) return [];
      const ref = identify(pid);
      return ref === null ? [] : [ref];
    });
};
