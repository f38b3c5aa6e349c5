import { type ChildProcess, spawn } from 'node:child_process';
import { MARKER } from '../process/environment.ts';

/**
 * Reads `+GROUP` and `-GROUP` lines. When the worker's end of the pipe closes, however that came
 * about, it kills the groups and everything that carries the worker's marker, until two looks in a
 * row find nothing: a process may be between fork and exec at the first.
 */
const SCRIPT = `
groups=' '
while read -r line; do
  case $line in
    +*) groups="$groups\${line#+} " ;;
    -*) g=\${line#-}; case $groups in *" $g "*) groups="\${groups%%" $g "*} \${groups#*" $g "}" ;; esac ;;
  esac
done
for g in $groups; do kill -KILL "-$g" 2>/dev/null; done
quiet=0
while [ $quiet -lt 2 ]; do
  found=$(grep -lsF "$1" /proc/[0-9]*/environ)
  if [ -n "$found" ]; then
    quiet=0
    for f in $found; do f=\${f#/proc/}; kill -KILL "\${f%/environ}" 2>/dev/null; done
  else
    quiet=$((quiet + 1))
  fi
  sleep 0.1
done
`;

/** A process that outlives the worker by a moment and leaves nothing of it behind. */
export interface Guard {
  add(group: number): void;
  remove(group: number): void;
  /** Ends it in order, once nothing is left to guard. */
  close(): void;
}

/** @param prefix how the markers of this worker begin */
export const startGuard = (prefix: string): Guard => {
  const groups = new Set<number>();
  let isClosing = false;
  let child: ChildProcess | null = null;

  const begin = (): void => {
    const begun = spawn('/bin/sh', ['-c', SCRIPT, 'px-guard', `${MARKER}=${prefix}`], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    });
    child = begun;
    begun.on('error', () => undefined);
    begun.stdin?.on('error', () => undefined);
    // Somebody killed it: the next one learns what there is to guard.
    begun.on('exit', () => {
      if (!isClosing && child === begun) begin();
    });
    for (const group of groups) begun.stdin?.write(`+${group}\n`);
    begun.unref();
  };
  begin();
  return {
    add: (group) => {
      groups.add(group);
      child?.stdin?.write(`+${group}\n`);
    },
    remove: (group) => {
      groups.delete(group);
      child?.stdin?.write(`-${group}\n`);
    },
    close: () => {
      isClosing = true;
      child?.stdin?.end();
    },
  };
};
