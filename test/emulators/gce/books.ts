/** One line of the bill: what was used, at which price, from when to when (null: still). */
interface Entry {
  vm: string;
  what: 'machine' | 'disk' | 'address';
  usdPerHour: number;
  from: number;
  to: number | null;
}

/** What the owner of the project would have to pay. */
export interface Books {
  entries: readonly Entry[];
  open(entry: Omit<Entry, 'to'>): void;
  /** Ends what a machine used; all of it unless `what` names the parts. */
  close(vm: string, at: number, what?: readonly Entry['what'][]): void;
  /** What costs money now. */
  running(): Entry[];
  /** USD until `at`. */
  total(at: number): number;
}

const HOUR_MS = 3_600_000;
/** cloud.google.com/compute/vm-instance-pricing: by the second, one minute at least. */
const MACHINE_MIN_MS = 60_000;

const cost = ({ what, usdPerHour, from, to }: Entry, at: number): number => {
  const ms = (to ?? at) - from;
  return (usdPerHour * (what === 'machine' ? Math.max(ms, MACHINE_MIN_MS) : ms)) / HOUR_MS;
};

export const createBooks = (): Books => {
  const entries: Entry[] = [];
  return {
    entries,
    open: (entry) => void entries.push({ ...entry, to: null }),
    close: (vm, at, what = ['machine', 'disk', 'address']) => {
      for (const entry of entries) {
        if (entry.vm === vm && entry.to === null && what.includes(entry.what)) entry.to = at;
      }
    },
    running: () => entries.filter(({ to }) => to === null),
    total: (at) => entries.reduce((sum, entry) => sum + cost(entry, at), 0),
  };
};
