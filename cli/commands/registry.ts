import type { Command } from '../command.ts';

/** One row a command: `px --help` needs no more, and `px run` loads nothing of the others. */
export interface CommandRow {
  path: readonly string[];
  summary: string;
  load: () => Promise<Command>;
}

/** Every command, in the order of `px --help`. */
export const registry: readonly CommandRow[] = [
  {
    path: ['init'],
    summary: 'write a px.yaml that fits this directory',
    load: async () => (await import('./init.ts')).init,
  },
  {
    path: ['run'],
    summary: 'run a command in parallel over its input',
    load: async () => (await import('./run.ts')).run,
  },
  {
    path: ['cluster', 'up'],
    summary: 'bring a cluster up and wait until every node is ready',
    load: async () => (await import('./cluster-up.ts')).clusterUp,
  },
  {
    path: ['cluster', 'ls'],
    summary: 'list clusters',
    load: async () => (await import('./cluster-ls.ts')).clusterLs,
  },
  {
    path: ['cluster', 'show'],
    summary: 'show a cluster and its nodes',
    load: async () => (await import('./cluster-show.ts')).clusterShow,
  },
  {
    path: ['cluster', 'down'],
    summary: 'take a cluster down and print what is left',
    load: async () => (await import('./cluster-down.ts')).clusterDown,
  },
  {
    path: ['cluster', 'resize'],
    summary: 'change the number of nodes of a cluster that is up',
    load: async () => (await import('./cluster-resize.ts')).clusterResize,
  },
  {
    path: ['cluster', 'ssh'],
    summary: "open a shell on a node, with the system's ssh and the pinned host key",
    load: async () => (await import('./cluster-ssh.ts')).clusterSsh,
  },
  {
    path: ['cluster', 'ssh-config'],
    summary: "print the nodes for ssh's configuration, so that scp, rsync and editors reach them",
    load: async () => (await import('./cluster-ssh-config.ts')).clusterSshConfig,
  },
  {
    path: ['cluster', 'exec'],
    summary: 'run a command once on every node of a cluster',
    load: async () => (await import('./cluster-exec.ts')).clusterExec,
  },
  {
    path: ['job', 'ls'],
    summary: 'list jobs, newest first',
    load: async () => (await import('./job-ls.ts')).jobLs,
  },
  {
    path: ['job', 'show'],
    summary: 'show everything about a job',
    load: async () => (await import('./job-show.ts')).jobShow,
  },
  {
    path: ['job', 'logs'],
    summary: 'print the output of a job',
    load: async () => (await import('./job-logs.ts')).jobLogs,
  },
  {
    path: ['job', 'attach'],
    summary: 'follow a job as if px run had never left it',
    load: async () => (await import('./job-attach.ts')).jobAttach,
  },
  {
    path: ['job', 'cancel'],
    summary: 'cancel a job and wait until it has ended',
    load: async () => (await import('./job-cancel.ts')).jobCancel,
  },
  {
    path: ['job', 'retry'],
    summary: 'run the failed and canceled partitions of a job again',
    load: async () => (await import('./job-retry.ts')).jobRetry,
  },
  {
    path: ['job', 'pull'],
    summary: 'bring the collected files of a job home',
    load: async () => (await import('./job-pull.ts')).jobPull,
  },
  {
    path: ['job', 'rm'],
    summary: 'forget a finished job, its output and its files',
    load: async () => (await import('./job-rm.ts')).jobRm,
  },
  {
    path: ['pricing', 'ls'],
    summary: 'list offers, cheapest first',
    load: async () => (await import('./pricing-ls.ts')).pricingLs,
  },
  {
    path: ['pricing', 'best'],
    summary: 'find the cheapest offer, anywhere and of each cloud',
    load: async () => (await import('./pricing-best.ts')).pricingBest,
  },
  {
    path: ['pricing', 'compare'],
    summary: 'show clouds side by side',
    load: async () => (await import('./pricing-compare.ts')).pricingCompare,
  },
  {
    path: ['pricing', 'sync'],
    summary: "fetch the clouds' price lists",
    load: async () => (await import('./pricing-sync.ts')).pricingSync,
  },
  {
    path: ['pricing', 'import'],
    summary: 'import offers from a CSV file, plain or gzip',
    load: async () => (await import('./pricing-import.ts')).pricingImport,
  },
  {
    path: ['pricing', 'sources'],
    summary: 'show where prices come from and how old they are',
    load: async () => (await import('./pricing-sources.ts')).pricingSources,
  },
  {
    path: ['pricing', 'regions'],
    summary: 'list regions with their disk, address and egress prices',
    load: async () => (await import('./pricing-regions.ts')).pricingRegions,
  },
  {
    path: ['cost'],
    summary: 'show what was spent and what is being spent now',
    load: async () => (await import('./cost.ts')).cost,
  },
  {
    path: ['server', 'start'],
    summary: 'start the embedded control plane',
    load: async () => (await import('./server.ts')).serverStart,
  },
  {
    path: ['server', 'stop'],
    summary: 'stop the embedded control plane',
    load: async () => (await import('./server.ts')).serverStop,
  },
  {
    path: ['server', 'status'],
    summary: 'show pid, address and version of the control plane',
    load: async () => (await import('./server.ts')).serverStatus,
  },
  {
    path: ['doctor'],
    summary: 'check this machine and say what to do',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    path: ['completion'],
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion.ts')).completionOf(registry),
  },
  {
    path: ['version'],
    summary: 'print the versions of px, Node and the protocol',
    load: async () => (await import('./version.ts')).version,
  },
];
