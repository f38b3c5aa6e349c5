/**
 * Shell functions that find a node's worker by a word of its command line, which carries the node's
 * id. The word is put together here, so that no script of px is taken for the worker.
 */
export const FIND_WORKER = `
word() { printf '%s%s=%s' --px- "$1" "$2"; }
with_word() {
  # Listed before grep starts, which carries the word itself.
  files=$(echo /proc/[0-9]*/cmdline)
  LC_ALL=C grep -lsazxF -e "$(word "$1" "$2")" $files | sed 's|/proc/||; s|/cmdline||'
}
children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
alive() { [ -d "/proc/$1" ] && read -r stat 2>/dev/null <"/proc/$1/stat" && case \${stat##*) } in Z*|X*) false ;; esac; }
any_alive() { for one in $1; do alive "$one" && return 0; done; return 1; }
gone_within() { left=$2; while any_alive "$1"; do [ "$left" -gt 0 ] || return 1; left=$((left - 1)); sleep 0.1; done; }
`;
