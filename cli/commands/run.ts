import type { Command } from '../command.ts';
import { RUN_OPTIONS } from '../run/options.ts';
import { runCommand } from '../run/run.ts';

export const run: Command = {
  path: ['run'],
  summary: 'run a command in parallel over its input',
  positionals: "'CMD' | -- WORD…",
  options: RUN_OPTIONS,
  example: `px run 'python jpg.py' --args-file images.txt
px run 'gzip -k {}' --args-file names.txt
cat words.txt | px run 'sort | uniq -c'`,
  details: `
CMD is one shell string; an argv stands behind --. Lines of --args-file become its arguments, or stand
where {} is: also {.} {/} {//} {/.} {#} as in GNU parallel, quoted by px. A pipe or a file on stdin is
input too. Into a file or a pipe each partition's output appears once and whole; a terminal shows lines
as they come. Ctrl-C cancels the job; a closed terminal leaves it running: px job attach ID.`,
  handler: runCommand,
};
