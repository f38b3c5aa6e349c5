import { readdirSync, readFileSync } from 'node:fs';

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

/** Samples the peak memory of px's own processes of one PX_HOME (Linux: from /proc). */
export const watchMemory = (
  home: string,
): { take(): Promise<Record<string, number>>; stop(): void } => {
  let peaks: Record<string, number> = {};
  const sample = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const role = roleOf(read(`/proc/${pid}/cmdline`));
      if (role === null) continue;
      // The control plane starts with a clean environment: then its own PX_HOME tells.
      if (!read(`/proc/${pid}/environ`).includes(home) && role === 'cli') continue;
      peaks[role] = Math.max(peaks[role] ?? 0, peakBytes(pid));
    }
  };
  const timer = setInterval(sample, SAMPLE_MS);
  timer.unref();
  return {
    take: async () => {
      sample();
      const taken = peaks;
      peaks = {};
      return taken;
    },
    stop: () => clearInterval(timer),
  };
};
