import { type CompletedCommand, commandWords, type Values } from './model.ts';

const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const takes = (values: Values): string => {
  switch (values.kind) {
    case 'words':
      return `-x -a ${quoted(values.words.join(' '))}`;
    case 'clusters':
      return "-x -a '(__px_names cluster)'";
    case 'jobs':
      return "-x -a '(__px_names job)'";
    case 'files':
      return '-r -F';
    case 'any':
      return '-x';
  }
};

const at = (path: string): string => `-n ${quoted(`__px_at ${path}`.trim())}`;

const optionLines = (command: CompletedCommand): string[] =>
  command.options.map(({ option, values }) => {
    const short = option.short === undefined ? '' : ` -s ${option.short}`;
    const value = values === null ? '' : ` ${takes(values)}`;
    const condition = at(command.path.join(' '));
    return `complete -c px ${condition} -l ${option.name}${short}${value} -d ${quoted(option.summary)}`;
  });

const argumentLine = ({ path, argument }: CompletedCommand): string[] =>
  argument.kind === 'any'
    ? []
    : [`complete -c px ${at(path.join(' '))} ${takes(argument).replace('-x', '-f')}`];

const PRELUDE = `# fish completion for px. Load it with: px completion fish | source
# True where the command words typed so far are exactly these.
function __px_at
  set -l words
  set -l tokens (commandline -opc)
  for word in $tokens[2..]
    set -l path (string join -- ' ' $words $word)
    contains -- "$path" $__px_paths; and set words $words $word
  end
  test "$words" = "$argv"
end
# Asks a control plane that runs; a Tab starts none.
function __px_names
  set -l home $HOME/.px
  set -q PX_HOME; and set home $PX_HOME
  test -e $home/server.json; and px $argv[1] ls --quiet 2>/dev/null </dev/null
end`;

/** The completion script of fish. */
export const fishCompletion = (commands: readonly CompletedCommand[]): string => {
  const levels = commandWords(commands);
  const paths = levels.flatMap(({ path, words }) =>
    words.map(({ word }) => quoted(path === '' ? word : `${path} ${word}`)),
  );
  const wordLines = levels.flatMap(({ path, words }) =>
    words.map(
      ({ word, summary }) => `complete -c px ${at(path)} -f -a ${word} -d ${quoted(summary)}`,
    ),
  );
  return `${[
    PRELUDE,
    `set -g __px_paths ${paths.join(' ')}`,
    ...wordLines,
    ...commands.flatMap((command) => [...argumentLine(command), ...optionLines(command)]),
  ].join('\n')}\n`;
};
