import { FIND_WORKER } from './find-worker.ts';

/**
 * The session that holds a connection: says what the machine is, then does what it is told on stdin,
 * one line each, until that ends. $1 is the node's id.
 *
 * `watch URL` tells the worker where its control plane is and says so once the worker has ended. Where
 * $3 is there, it says meanwhile whether somebody else has a session of ssh here.
 * Every line that px reads begins with `px:`.
 */
export const KEEP = `
umask 077
${FIND_WORKER}
say() { printf 'px:%s=%s\\n' "$1" "$2"; }
uid=$(id -u)
if [ "$uid" = 0 ]; then base=/var/lib/px-nodes; else base=\${HOME:?}/.px-nodes; fi
dir=$base/$1
counts=\${3:-}
up=$$; mine=' '
while [ "\${up:-0}" -gt 1 ]; do
  mine="$mine$up "; up=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$up/status" 2>/dev/null)
done
# A connection without a process is one that nobody uses, or that is dead.
guests() {
  for one in $(LC_ALL=C grep -lsaE '^sshd(-session)?: [^ ]+@' /proc/[0-9]*/cmdline); do
    one=\${one#/proc/}; one=\${one%/cmdline}
    case $mine in *" $one "*) continue ;; esac
    [ -z "$(children "$one")" ] || { echo 1; return; }
  done
  echo 0
}
look_for_guests() {
  [ -n "$counts" ] && [ $((beats % 5)) = 0 ] || return 0
  now=$(guests)
  [ "$now" = "$seen" ] || say guests "$now"
  seen=$now
}
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
  beats=0; seen=
  while [ -n "$pid" ] && alive "$pid"; do
    look_for_guests; beats=$((beats + 1)); sleep 1; printf '.\\n' || exit
  done
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
