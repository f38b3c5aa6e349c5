import { type CommandWords, type CompletedCommand, commandWords, type Values } from './model.ts';

/** Inside single quotes of zsh, in a spec where `:` and `[` mean something. */
const escaped = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll(/[:[\]]/g, (char) => `\\${char}`);

const action = (values: Values): string => {
  switch (values.kind) {
    case 'words':
      return `(${values.words.join(' ')})`;
    case 'clusters':
      return '_px_clusters';
    case 'jobs':
      return '_px_jobs';
    case 'files':
      return '_files';
    case 'any':
      return ' ';
  }
};

const optionSpecs = ({ options }: CompletedCommand): string[] =>
  options.flatMap(({ option, values }) => {
    const names = [`--${option.name}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
    const value = values === null ? '' : `:${escaped(option.value ?? '')}:${action(values)}`;
    return names.map((name) => `'*${name}[${escaped(option.summary)}]${value}'`);
  });

const commandCase = (command: CompletedCommand): string =>
  [
    `    '${command.path.join(' ')}')`,
    '      _arguments -s \\',
    ...optionSpecs(command).map((spec) => `        ${spec} \\`),
    `        '*: :${action(command.argument)}'`,
    '      ;;',
  ].join('\n');

const levelCase = ({ path, words }: CommandWords): string =>
  [
    `    '${path}')`,
    `      local -a verbs=(${words.map(({ word, summary }) => `'${word}:${escaped(summary)}'`).join(' ')})`,
    `      _describe 'command' verbs`,
    '      ;;',
  ].join('\n');

const PRELUDE = `#compdef px
# zsh completion for px. Put it into a file _px on your fpath, or: source <(px completion zsh)
# Asks a control plane that runs; a Tab starts none.
_px_names() {
  [[ -e "\${PX_HOME:-$HOME/.px}/server.json" ]] || return
  local -a names=(\${(f)"$(px $1 ls --quiet 2>/dev/null </dev/null)"})
  compadd -a names
}
_px_clusters() { _px_names cluster }
_px_jobs() { _px_names job }`;

/** The completion script of zsh. */
export const zshCompletion = (commands: readonly CompletedCommand[]): string => {
  const levels = commandWords(commands);
  const groups = levels.map(({ path }) => path).filter((path) => path !== '');
  return `${[
    PRELUDE,
    '_px() {',
    `  local where=''`,
    '  local -i at=2',
    '  where=$words[2]',
    '  if (( CURRENT == 2 )); then where=""',
    `  elif [[ " ${groups.join(' ')} " == *" $words[2] "* ]]; then`,
    '    if (( CURRENT > 3 )); then where="$words[2] $words[3]"; at=3; fi',
    '  fi',
    // _arguments counts words from the command's last one.
    '  if [[ -n $where ]] && (( CURRENT > at )); then shift $((at - 1)) words; (( CURRENT -= at - 1 )); fi',
    '  case $where in',
    ...levels.map(levelCase),
    ...commands.map(commandCase),
    '  esac',
    '}',
    'if [[ $funcstack[1] == _px ]]; then _px "$@"; else compdef _px px; fi',
  ].join('\n')}\n`;
};
