/** One version of a file that a completion brought from a node. */
interface Version {
  node: string;
  /** Grows with every change that the node saw. */
  version: number;
  mode: number;
  size: number;
  /** Null: the file was deleted there. */
  sha256: string | null;
  /** Every attempt that ran on the node when it changed. */
  writers: readonly { partition: number; attempt: number }[];
}

/** The attempt whose end made the partition final; null while it is not, or where none ran. */
type FinalAttempt = (partition: number) => number | null;

/** What comes home of one path: one version, or several that differ, each under its node's name. */
interface Resolved {
  versions: readonly (Version & { sha256: string })[];
  conflict: boolean;
}

type Content = Version & { sha256: string };

/** How sure it is that a version is the work of attempts that count. */
const rankOf = (version: Version, finalAttempt: FinalAttempt): number => {
  const counting = version.writers.filter(
    ({ partition, attempt }) => finalAttempt(partition) === attempt,
  ).length;
  if (counting === version.writers.length) return 2;
  return counting > 0 ? 1 : 0;
};

const newestOfEachNode = (versions: readonly Version[]): Version[] => {
  const newest = new Map<string, Version>();
  for (const version of versions) {
    const known = newest.get(version.node);
    if (known === undefined || known.version < version.version) newest.set(version.node, version);
  }
  return [...newest.values()];
};

const hasContent = (version: Version): version is Content => version.sha256 !== null;

/**
 * Decides what one path comes home as. A node's newest version counts; one that a lost or superseded
 * attempt could have written yields to another node's without conflict; nodes that still differ keep
 * all of theirs. Null where no node holds the file any more.
 */
export const resolvePath = (
  versions: readonly Version[],
  finalAttempt: FinalAttempt,
): Resolved | null => {
  const held = newestOfEachNode(versions).filter(hasContent);
  const best = Math.max(...held.map((version) => rankOf(version, finalAttempt)));
  const sure = held
    .filter((version) => rankOf(version, finalAttempt) === best)
    .sort((a, b) => (a.node < b.node ? -1 : 1));
  const [first] = sure;
  if (first === undefined) return null;
  const conflict = sure.some(({ sha256 }) => sha256 !== first.sha256);
  return { versions: conflict ? sure : [first], conflict };
};
