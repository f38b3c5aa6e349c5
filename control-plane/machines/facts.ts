/** What a machine says about itself. */
export interface Facts {
  os: string;
  /** As `uname -m` has it. */
  arch: string;
  isRoot: boolean;
  /** The node's own folder there. */
  dir: string;
  /** `glibc 2.36`; empty elsewhere. */
  libc: string;
  /** Path and version of the Node in its PATH; empty where there is none. */
  node: string;
  version: string;
  systemd: boolean;
  /** Programs that it has, of those that px looks for. */
  has: readonly string[];
  /** Bytes free where the folder stands; null where it does not say. */
  freeBytes: number | null;
  /** sha256 of what px shipped before. */
  have: string[];
  /** Whether a worker of this node runs there. */
  hasWorker: boolean;
}

const LINE = /^px:(\w+)=(.*)$/;
const KIB = 1024;

/** A line that the session of px says; null for what a login shell says beside it. */
export const parseLine = (line: string): { key: string; value: string } | null => {
  const [, key, value] = LINE.exec(line.replace(/\r$/, '')) ?? [];
  return key === undefined || value === undefined ? null : { key, value };
};

/** The machine as the lines up to `ready` describe it. */
export const readFacts = (lines: readonly { key: string; value: string }[]): Facts => {
  const all = (key: string): string[] =>
    lines.filter((line) => line.key === key).map(({ value }) => value);
  const last = (key: string): string => all(key).at(-1) ?? '';
  const free = Number.parseInt(last('free'), 10);
  return {
    os: last('os'),
    arch: last('arch'),
    isRoot: last('uid') === '0',
    dir: last('dir'),
    libc: last('libc'),
    node: last('node'),
    version: last('version'),
    systemd: last('systemd') === '1',
    has: all('has'),
    freeBytes: Number.isNaN(free) ? null : free * KIB,
    have: all('have'),
    hasWorker: last('worker').trim() !== '',
  };
};
