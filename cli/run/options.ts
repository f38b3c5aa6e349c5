import type { Option } from '../command.ts';

/** The flags of `px run`, in the order of its help. */
export const RUN_OPTIONS: readonly Option[] = [
  { name: 'cluster', value: 'NAME', summary: 'where to run; else PX_CLUSTER, else cluster.name' },
  {
    name: 'parallel',
    short: 'p',
    value: 'N',
    summary: 'processes at a time over the whole cluster',
  },
  { name: 'args-file', value: 'F', summary: 'lines of F become arguments; - is stdin' },
  { name: 'null', short: '0', summary: 'names in the args file end with NUL, not with a newline' },
  {
    name: 'replace',
    short: 'I',
    value: 'STR',
    summary: 'the mark that stands for the line, instead of {}',
  },
  { name: 'stdin-file', value: 'F', summary: 'lines of F go to the processes on stdin' },
  { name: 'stdin', summary: 'lines of stdin go to the processes on stdin' },
  { name: 'no-stdin', summary: 'leave stdin alone' },
  { name: 'files', value: 'GLOB', summary: 'files as arguments; a node evaluates the glob' },
  {
    name: 'partitions',
    value: 'static|auto',
    summary: 'deal lines out at submit, or in blocks as slots come free',
  },
  { name: 'batch', short: 'n', value: 'N', summary: 'every N consecutive lines are one partition' },
  { name: 'order', summary: 'output in the order of the input' },
  { name: 'retries', value: 'N', summary: 'extra attempts after a non-zero exit (0)' },
  {
    name: 'crash-retries',
    value: 'N',
    summary: 'extra attempts after a signal, OOM kill or timeout (2)',
  },
  { name: 'timeout', value: 'D', summary: 'kill an attempt after so long, such as 90s or 1h' },
  { name: 'halt', value: 'WHEN', summary: 'never, soon or now, with ,fail=N or ,fail=N% (never)' },
  { name: 'tag', summary: 'each line starts with the number of its partition and a tab' },
  { name: 'output', value: 'live|final', summary: 'lines as they come, or each partition whole' },
  { name: 'dry-run', summary: 'show what would travel and run, and touch nothing' },
  { name: 'detach', summary: "print the job's id and leave" },
  { name: 'name', value: 'NAME', summary: 'a name for the job' },
  {
    name: 'env',
    value: 'K=V',
    many: true,
    summary: 'environment of the processes; K alone takes your value',
  },
  {
    name: 'joblog',
    value: 'F',
    summary:
      'a line for each finished partition, as GNU parallel writes it; F.px.json beside it is for --resume',
  },
  { name: 'resume', summary: 'leave out what the joblog says is done' },
  { name: 'collect', value: 'GLOB', many: true, summary: 'changed files that come home' },
  { name: 'bundle-limit', value: 'SIZE', summary: 'the most that may travel (200MB)' },
];
