import { FIND_WORKER } from './find-worker.ts';

/**
 * The session that holds a connection: says what the machine is, then does what it is told on stdin,
 * one line each, until that ends. $1 is the node's id.
 *
 * `watch URL` tells the worker where its control plane is and says so once the worker has ended.
 * Every line that px reads begins with `px:`.
 */
export const KEEP = `
umask 077
${FIND_WORKER}
say() { printf 'px:%s=%s\\n' "$1" "$2"; }
uid=$(id -u)
if [ "$uid" = 0 ]; then base=/var/lib/px-nodes; else base=\${HOME:?}/.px-nodes; fi
dir=$base/$1
for old in $(with_word keep "$1"); do [ "$old" = $$ ] || kill "$old" 2>/dev/null; done
say os "$(uname -s)"; say arch "$(uname -m)"; say uid "$uid"; say dir "$dir"
say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
node=$(command -v node); say node "$node"
[ -z "$node" ] || say version "$(node --version 2>/dev/null)"
if [ "$uid" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then say systemd 1; fi
for tool in zstd gzip setsid sha256sum mkfifo; do command -v $tool >/dev/null && say has $tool; done
look=$base; while [ ! -d "$look" ]; do look=\${look%/*}; [ -n "$look" ] || look=/; done
set -- "$1" $(df -Pk "$look" 2>/dev/null | tail -n 1); say free "\${5:-}"
for part in "$dir"/rt/*.sha256; do [ -f "$part" ] && say "have" "$(cat "$part")"; done
say worker "$(with_word node "$1" | tr '\\n' ' ')"
say ready 1
watch() {
  printf '{"url":"%s"}\\n' "$2" >"$dir/server.json.new" && mv "$dir/server.json.new" "$dir/server.json"
  pid=$(with_word node "$1" | head -n 1)
  say worker "$pid"
  while [ -n "$pid" ] && alive "$pid"; do sleep 1; printf '.\\n' || exit; done
  say ended "$(tail -n 1 "$dir/worker.log" 2>/dev/null)"
}
watcher=
stop_watching() { [ -z "$watcher" ] || kill "$watcher" 2>/dev/null; watcher=; }
while read -r verb url; do
  case $verb in
    watch) stop_watching; watch "$1" "$url" & watcher=$! ;;
  esac
done
stop_watching
`;
