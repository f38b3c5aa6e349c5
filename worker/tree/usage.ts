import type { Clock, Timer } from '../clock.ts';
import type { ProcessStat } from './parse-stat.ts';
import { allPids, readStat } from './proc.ts';

/** 250 ms after a start comes the first look, so that attempts of half a second have numbers. */
const FIRST_MS = 250;
/** 150 ms: what is younger mostly ends before the next look, and a look reads all of /proc. */
const YOUNG_MS = 150;
/** 1 s between looks while something runs. */
const EVERY_MS = 1000;
/** 10 ms: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10;
/** 4 KiB pages; where they are larger, /proc counts in those. */
const PAGE_BYTES = 4096;

/** What an attempt used; null where it was too short to be looked at. */
interface Usage {
  cpuMs: number | null;
  peakRssBytes: number | null;
}

/** A usage that grows, and since when. */
interface Tracked extends Usage {
  since: number;
}

/** The session of an attempt. Its leader may be a shell of px, which others have used before. */
interface Session {
  id: number;
  isShell: boolean;
}

/** The processes of a session, and their descendants wherever those have gone. */
const treeOf = ({ id, isShell }: Session, stats: readonly ProcessStat[]): ProcessStat[] => {
  const inside = new Set([id]);
  // Parents mostly have smaller pids than children: two passes find nearly all, a third costs more.
  for (let pass = 0; pass < 2; pass += 1) {
    for (const { pid, parent, session: own } of stats) {
      if (own === id || inside.has(parent)) inside.add(pid);
    }
  }
  return stats.filter(({ pid }) => inside.has(pid) && !(isShell && pid === id));
};

/** Samples CPU time and resident memory of attempts from /proc, all in one look. */
export class UsageSampler {
  readonly #clock: Pick<Clock, 'after' | 'precise'>;
  readonly #sessions = new Map<Session, Tracked>();
  #timer: Timer | null = null;
  #isSoon = false;

  constructor(clock: Pick<Clock, 'after' | 'precise'>) {
    this.#clock = clock;
  }

  track(session: Session): void {
    this.#sessions.set(session, { cpuMs: null, peakRssBytes: null, since: this.#clock.precise() });
    if (!this.#isSoon) this.#plan(FIRST_MS);
    this.#isSoon = true;
  }

  /** Ends the tracking and gives what was seen. */
  take(session: Session): Usage {
    const { cpuMs = null, peakRssBytes = null } = this.#sessions.get(session) ?? {};
    this.#sessions.delete(session);
    return { cpuMs, peakRssBytes };
  }

  #plan(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => {
      this.#isSoon = false;
      if (this.#sessions.size === 0) return;
      const isDue = this.#isAnyOld();
      if (isDue) this.#look();
      this.#isSoon = !isDue;
      this.#plan(isDue ? EVERY_MS : FIRST_MS);
    });
  }

  #isAnyOld(): boolean {
    const until = this.#clock.precise() - YOUNG_MS;
    return [...this.#sessions.values()].some(({ since }) => since <= until);
  }

  #look(): void {
    const stats = allPids().flatMap((pid) => readStat(pid) ?? []);
    for (const [session, usage] of this.#sessions) {
      const tree = treeOf(session, stats);
      const cpuMs = tree.reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MS;
      const rss = tree.reduce((sum, { residentPages }) => sum + residentPages, 0) * PAGE_BYTES;
      usage.cpuMs = Math.max(usage.cpuMs ?? 0, cpuMs);
      usage.peakRssBytes = Math.max(usage.peakRssBytes ?? 0, rss);
    }
  }
}
