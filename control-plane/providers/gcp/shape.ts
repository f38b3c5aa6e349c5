/** Families that know Hyperdisk only (cloud.google.com/compute/docs/disks/hyperdisks). */
const HYPERDISK_ONLY = /^(c4|c4a|c4d|n4|n4a|n4d|x4|m4|h4d|a4|a4x)-/;

/** The boot disk type that a machine type takes: balanced in price and speed. */
export const diskTypeFor = (machineType: string): string =>
  HYPERDISK_ONLY.test(machineType) ? 'hyperdisk-balanced' : 'pd-balanced';

/** Google's own Debian image of the architecture, by family: always its newest. */
export const imageFor = (arch: string): { project: string; family: string } => ({
  project: 'debian-cloud',
  family: arch === 'arm64' ? 'debian-13-arm64' : 'debian-13',
});

/** The quota metric of a family's CPUs: `N2_CPUS`; E2 and N1 count as CPUS alone. */
export const familyMetric = (machineType: string): string | null => {
  const family = machineType.split('-')[0] ?? '';
  return /^(e2|n1|f1|g1)$/.test(family) ? null : `${family.toUpperCase()}_CPUS`;
};

/** What the cloud takes as the value of a label: lower case, digits, dashes, underscores, 63 at most. */
export const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^-_a-z0-9]/g, '-')
    .slice(0, 63);

/** The machine's name: the same for the same node, whoever asks and however often. */
export const machineName = (clusterName: string, nodeId: string): string =>
  `px-${clusterName}-${nodeId}`;
