import { FIND_WORKER } from './find-worker.ts';
import { SUM } from './receive.ts';

/**
 * Starts the worker: $1 node's id, $2 its folder, $3 Node, $4 control plane's address, $5 1 under
 * systemd, $6 sha256 of its program, or nothing where it is there. Its bootstrap line comes on stdin
 * and goes through a FIFO that only its user can open; the program, which is small, follows the line.
 * An earlier worker of the node is ended first.
 */
export const START = `
# What jobs write is as open as what their user writes.
mask=$(umask)
umask 077
${FIND_WORKER}
${SUM}
read -r line
dir=$2
mkdir -p "$dir/bin" "$dir/rt" && cd "$dir" || exit
if [ -n "$6" ]; then
  cat >rt/worker.new || exit
  got=$(sum <rt/worker.new); got=\${got%% *}
  if [ "$got" != "$6" ]; then echo "the worker arrived damaged: sha256 $got, expected $6" >&2; exit 1; fi
  mv rt/worker.new rt/worker.mjs && printf '%s' "$6" >rt/worker.mjs.sha256 || exit
fi
old=$(with_word node "$1")
if [ -n "$old" ]; then kill -KILL $old 2>/dev/null; gone_within "$old" 50; fi
printf '{"url":"%s"}\\n' "$4" >server.json
# A command named python works where only python3 is installed.
if ! command -v python >/dev/null && command -v python3 >/dev/null; then ln -sf "$(command -v python3)" bin/python; fi
# Jobs of another user pass through, and see nothing on the way.
if [ "$(id -u)" = 0 ]; then chmod 711 "$dir" "\${dir%/*}" && chmod 755 bin; fi
rm -f boot; mkfifo boot || exit
touch worker.log
run="umask $mask; "'exec "$0" "$@" <boot >>worker.log 2>&1'
set -- "$3" --max-semi-space-size=4 --heap-growing-percent=20 "$dir/rt/worker.mjs" "$(word node "$1")" "$5" "$1"
id=$7; systemd=$6
path=\${PATH:-/usr/local/bin:/usr/bin:/bin}:$dir/bin
# When the machine goes off, its worker goes before the connection does, and ends its jobs by itself.
scope=$(sed -n 's|.*/\\(session-[^/]*[.]scope\\).*|\\1|p' /proc/self/cgroup 2>/dev/null | head -n 1)
under_systemd() {
  systemd-run --quiet --collect --unit="px-$id" --description="px node $id" \\
    -p KillMode=mixed -p TimeoutStopSec=40 \${scope:+-p After="$scope"} -p OOMPolicy=continue -p TasksMax=infinity -p LimitNOFILE=524288 \\
    -p WorkingDirectory="$dir" -E PATH="$path" -E HOME="\${HOME:-/root}" -E LANG="\${LANG:-C.UTF-8}" \\
    /bin/sh -c "$run" "$@" </dev/null >&2
}
# An older systemd may not know all of this.
if [ "$systemd" != 1 ] || ! under_systemd "$1" "$2" "$3" "$4" "$5"; then
  leave=; command -v setsid >/dev/null && leave=setsid
  env -i PATH="$path" HOME="\${HOME:-/}" LANG="\${LANG:-C.UTF-8}" \\
    $leave /bin/sh -c "$run" "$1" "$2" "$3" "$4" "$5" </dev/null >/dev/null 2>&1 &
fi
printf '%s\\n' "$line" >boot
rm -f boot
`;
