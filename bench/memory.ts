import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Every 100 ms: a peak shorter than that is seen by VmHWM, which the kernel keeps. */
const SAMPLE_MS = 100;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

/** `server`, `worker` or `cli`, from the script that a process runs; null for everything else. */
const roleOf = (cmdline: string): string | null => {
  if (/control-plane\/node\.(ts|js)/.test(cmdline)) return 'server';
  if (/worker\/main\.(ts|js)/.test(cmdline)) return 'worker';
  if (/(bin\/launch\.cjs|cli\/main\.(ts|js))/.test(cmdline)) return 'cli';
  return null;
};

const peakBytes = (pid: string): number =>
  Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;

/** From now on the kernel keeps a new peak of the process, where it is still there. */
const forgetPeak = (pid: string): void => {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // It has ended.
  }
};

/** Samples the peak memory of px's own processes of one PX_HOME (Linux: from /proc). */
export const watchMemory = (
  home: string,
): { take(): Promise<Record<string, number>>; stop(): void } => {
  let peaks: Record<string, number> = {};
  const pids = new Set<string>();
  const sample = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const role = roleOf(read(`/proc/${pid}/cmdline`));
      if (role === null) continue;
      // All of them have PX_HOME, or a folder in it, in their environment.
      if (!read(`/proc/${pid}/environ`).includes(home)) continue;
      peaks[role] = Math.max(peaks[role] ?? 0, peakBytes(pid));
      pids.add(pid);
    }
  };
  const timer = setInterval(sample, SAMPLE_MS);
  timer.unref();
  return {
    take: async () => {
      sample();
      const taken = peaks;
      peaks = {};
      for (const pid of pids) forgetPeak(pid);
      pids.clear();
      return taken;
    },
    stop: () => clearInterval(timer),
  };
};
