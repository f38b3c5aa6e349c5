import { FIND_WORKER } from './find-worker.ts';

/**
 * Leaves nothing of a node: $1 its id, $2 tenths of a second that its worker gets to end by itself.
 * Only what carries the node's id is ended: its worker, whose guards end what it ran, and px's own
 * sessions.
 */
export const END = `
${FIND_WORKER}
if [ "$(id -u)" = 0 ]; then base=/var/lib/px-nodes; else base=\${HOME:?}/.px-nodes; fi
dir=$base/$1
pids=$(with_word node "$1")
family=$pids
for pid in $pids; do family="$family $(children "$pid")"; done
if [ -n "$pids" ] && ! gone_within "$pids" "$2"; then
  kill -TERM $pids 2>/dev/null
  if ! gone_within "$pids" 20; then
    kill -KILL $pids 2>/dev/null
    gone_within "$pids" 50 || { echo "the worker $pids does not end" >&2; exit 1; }
  fi
fi
gone_within "$family" 50
for old in $(with_word keep "$1"); do [ "$old" = $$ ] || kill "$old" 2>/dev/null; done
if [ -e "$dir" ] && ! rm -rf "$dir" 2>/dev/null; then
  chmod -R u+rwx "$dir" 2>/dev/null; sleep 0.2; rm -rf "$dir" || exit
fi
rmdir "$base" 2>/dev/null
exit 0
`;
