import { readFileSync, rmSync } from 'node:fs';
import { parseFault, type ServerEnv } from './env.ts';

type FaultPoint = (name: string) => void;

/** Kills this process, without any farewell, at the count-th pass of the named point. */
const createFaultPoint = (fault: NonNullable<ServerEnv['fault']>, kill: () => void): FaultPoint => {
  let passed = 0;
  return (name) => {
    if (name !== fault.point) return;
    passed += 1;
    if (passed === fault.count) kill();
  };
};

const readFault = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

/** The same where the point stands in a file, from when it does: it strikes once, and the file goes. */
const createFileFault = (file: string, kill: () => void): FaultPoint => {
  let armed: string | null = null;
  let strike: FaultPoint | null = null;
  return (name) => {
    const text = readFault(file);
    if (text !== armed) {
      const fault = parseFault(text);
      strike =
        fault === null
          ? null
          : createFaultPoint(fault, () => {
              rmSync(file, { force: true });
              kill();
            });
      armed = text;
    }
    strike?.(name);
  };
};

/** Where a fault test has this process killed; null where there is none. */
export const faultPointOf = (
  { fault, faultFile }: Pick<ServerEnv, 'fault' | 'faultFile'>,
  kill: () => void,
): FaultPoint | null => {
  if (fault !== null) return createFaultPoint(fault, kill);
  return faultFile === null ? null : createFileFault(faultFile, kill);
};
