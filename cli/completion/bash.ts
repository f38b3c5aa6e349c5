import { type CompletedCommand, commandWords, type Values } from './model.ts';

const completing = (values: Values): string => {
  switch (values.kind) {
    case 'words':
      return `_px_words '${values.words.join(' ')}'`;
    case 'clusters':
      return '_px_words "$(_px_names cluster)"';
    case 'jobs':
      return '_px_words "$(_px_names job)"';
    case 'files':
      return '_px_files';
    case 'any':
      return ':';
  }
};

const optionWords = ({ options }: CompletedCommand): string =>
  options.map(({ option }) => `--${option.name}`).join(' ');

/** `'run:--joblog'|'run:-j') …;;` for every option with a value. */
const valueCases = (command: CompletedCommand): string[] =>
  command.options.flatMap(({ option, values }) => {
    if (values === null) return [];
    const path = command.path.join(' ');
    const names = [`--${option.name}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
    const patterns = names.map((name) => `'${path}:${name}'`).join('|');
    return [`    ${patterns}) ${completing(values)}; return;;`];
  });

const commandCase = (command: CompletedCommand): string =>
  [
    `    '${command.path.join(' ')}')`,
    `      if [[ $cur == -* ]]; then _px_words '${optionWords(command)}'`,
    `      else ${completing(command.argument)}; fi;;`,
  ].join('\n');

const PRELUDE = `# bash completion for px. Load it with: source <(px completion bash)
_px_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_px_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}
# Asks a control plane that runs; a Tab starts none.
_px_names() {
  [[ -e "\${PX_HOME:-$HOME/.px}/server.json" ]] || return
  "\${COMP_WORDS[0]}" "$1" ls --quiet 2>/dev/null </dev/null
}`;

/** The completion script of bash; it needs no bash-completion package. */
export const bashCompletion = (commands: readonly CompletedCommand[]): string => {
  const levels = commandWords(commands);
  const known = levels.flatMap(({ path, words }) =>
    words.map(({ word }) => (path === '' ? word : `${path} ${word}`)),
  );
  const levelCases = levels.map(
    ({ path, words }) =>
      `    '${path}') _px_words '${words.map(({ word }) => word).join(' ')}'; return;;`,
  );
  return `${[
    PRELUDE,
    '_px() {',
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' word i`,
    '  COMPREPLY=()',
    // COMP_WORDBREAKS makes three words of --opt=value.
    `  [[ $cur == '=' ]] && cur=''`,
    `  [[ $prev == '=' ]] && prev=\${COMP_WORDS[COMP_CWORD-2]}`,
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    word=\${COMP_WORDS[i]}`,
    `    [[ $word == -- ]] && return`,
    `    case "\${path:+$path }$word" in`,
    `      ${known.map((path) => `'${path}'`).join('|')}) path="\${path:+$path }$word";;`,
    '    esac',
    '  done',
    '  case "$path:$prev" in',
    ...commands.flatMap(valueCases),
    '  esac',
    '  case "$path" in',
    ...levelCases,
    ...commands.map(commandCase),
    '  esac',
    '}',
    'complete -o default -F _px px',
  ].join('\n')}\n`;
};
