import type { ServerEnv } from './env.ts';

/** Kills this process, without any farewell, at the count-th pass of the named point. */
export const createFaultPoint = (
  fault: NonNullable<ServerEnv['fault']>,
  kill: () => void,
): ((name: string) => void) => {
  let passed = 0;
  return (name) => {
    if (name !== fault.point) return;
    passed += 1;
    if (passed === fault.count) kill();
  };
};
