/** What px.yaml and the API mean where nobody says how many nodes of which size (docs/px-yaml.md). */
export const CLUSTER_DEFAULTS = {
  nodes: 1,
  cpusPerNode: 2,
  /** Memory follows the cores that are asked for. */
  memoryGibPerCpu: 2,
  diskGb: 50,
} as const;
