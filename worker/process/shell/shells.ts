import { isUtf8 } from 'node:buffer';
import { show } from '../../../protocol/bytes.ts';
import type { Environment } from '../environment.ts';
import type { ProcessHost, Supervised, SuperviseOptions } from '../supervised.ts';
import { areNames, assignmentsFor } from './assignments.ts';
import { invoke } from './invoke.ts';
import { Pace } from './pace.ts';
import { Pair } from './pair.ts';
import { type Ability, probeShell } from './probe.ts';
import { createLookUp } from './programs.ts';
import { Shell } from './shell.ts';

/** 16 KiB: with the command it stays below what a pipe holds, so that writing never blocks. */
const ASSIGNMENTS_MAX_BYTES = 16 << 10;

/** 1 s without work: the job is over, or its invocations are not short any more. */
const IDLE_MS = 1000;

/** What an idle shell is to run. */
interface Fitting {
  shell: Shell;
  assignments: Uint8Array;
}

/**
 * The fast path of short invocations. Node's spawn takes half a millisecond of the worker's only
 * thread, as much as xargs takes for everything. A shell that runs already forks in a tenth of that:
 *
 * - Each slot that is busy with short invocations has a shell in a session of its own, one
 *   invocation at a time. It reads `( NAME='value' … exec PROGRAM 'word' … ) >OUT 2>ERR; echo $?` and
 *   answers with a line; before it, it says of a signal that it was one, so that `exit 137` is no kill.
 * - Without the subshell it costs a fifth less, and says so on ERR (words.ts): that is for first attempts
 *   which are tried again if they look killed, until one of the job has.
 * - OUT and ERR are two FIFOs whose reading ends stay open. When the line is there they are read to
 *   the end: an end means that no process can write any more, so that no byte is given to the wrong
 *   invocation. Where somebody still holds one, the rule for leftovers applies, and the shell goes.
 * - A process of the job has neither end of what the shell and the worker say to each other.
 * - A kill takes the session with the shell; the next invocation gets a new one.
 *
 * Only commands of plain words come here, that are there, without input on stdin; all else has a process of its
 * own, and so has each job until one of its invocations has ended in a short time.
 */
export class Shells {
  readonly #host: ProcessHost;
  readonly #pace = new Pace();
  readonly #isThere = createLookUp();
  readonly #idle = new Set<Shell>();
  #ability: Ability = 'nothing';
  #isProbed = false;
  #isPlanned = false;

  constructor(host: ProcessHost) {
    this.#host = host;
  }

  /** Starts an invocation in a shell; null where it has to have a process of its own. */
  async start(options: SuperviseOptions): Promise<Supervised | null> {
    const { plain, stdin, env } = options;
    if (plain === null || stdin !== null || !isUtf8(plain.cwd)) return null;
    const cwd = show(plain.cwd);
    if (!this.#pace.isShort(cwd) || !this.#isProven()) return null;
    if (!this.#isThere(plain.program, env.own.PATH ?? env.job.PATH ?? '', cwd)) return null;
    const fitting = this.#take(cwd, env) ?? (await this.#open(cwd, env));
    if (fitting === null) return null;
    const { shell, assignments } = fitting;
    const direct = this.#ability === 'all' && this.#pace.isDirect(cwd) ? plain.direct : null;
    const since = this.#host.clock.precise();
    try {
      return invoke(this.#host, shell, {
        source: { assignments, command: direct ?? plain.source, isDirect: direct !== null },
        options,
        onEnd: ({ isUnsure, isDoubtful }) => {
          if (isUnsure) this.#pace.needsExact(cwd);
          if (isDoubtful) this.#pace.needsSubshell(cwd);
          this.#pace.inShell(cwd, this.#host.clock.precise() - since);
          this.#giveBack(shell);
        },
      });
    } catch {
      // Somebody killed the idle shell: nothing has been started.
      shell.end();
      return null;
    }
  }

  /** An invocation in this directory that had a process of its own took so long, its start that long. */
  observe(cwd: Uint8Array, ms: number, startMs: number): void {
    this.#pace.alone(show(cwd), ms, startMs);
  }

  /** Ends all that have nothing to do. */
  close(): void {
    for (const shell of this.#idle) shell.end();
    this.#idle.clear();
  }

  /** Whether the node's shell can be relied on; asked when it could first be of use. */
  #isProven(): boolean {
    if (!this.#isProbed) {
      this.#isProbed = true;
      probeShell(this.#host).then(
        (ability) => {
          this.#ability = ability;
        },
        () => undefined,
      );
    }
    return this.#ability !== 'nothing';
  }

  #take(cwd: string, env: Environment): Fitting | null {
    for (const shell of this.#idle) {
      const assignments =
        shell.isAlive && shell.cwd === cwd ? assignmentsFor(shell.env, env) : null;
      if (assignments === null || assignments.length > ASSIGNMENTS_MAX_BYTES) continue;
      this.#idle.delete(shell);
      return { shell, assignments };
    }
    return null;
  }

  async #open(cwd: string, env: Environment): Promise<Fitting | null> {
    if (!areNames(env)) {
      this.#pace.needsExact(cwd);
      return null;
    }
    const shell = await Shell.open(this.#host, { cwd, env }).catch(() => null);
    const assignments = shell === null ? null : assignmentsFor(shell.env, env);
    return shell === null || assignments === null ? null : { shell, assignments };
  }

  #giveBack(shell: Shell): void {
    if (!shell.isAlive) shell.end();
    else if (shell.pair.isOpen) this.#rest(shell);
    else this.#renew(shell).catch(() => shell.end());
  }

  /** Its FIFOs went with a long invocation. */
  async #renew(shell: Shell): Promise<void> {
    shell.pair = await Pair.open(this.#host.fifos);
    if (shell.isAlive) this.#rest(shell);
    else shell.end();
  }

  #rest(shell: Shell): void {
    shell.idleSince = this.#host.clock.precise();
    this.#idle.add(shell);
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#host.clock.after(IDLE_MS, () => {
      this.#isPlanned = false;
      const until = this.#host.clock.precise() - IDLE_MS;
      for (const shell of this.#idle) {
        if (shell.idleSince > until) continue;
        this.#idle.delete(shell);
        shell.end();
      }
      if (this.#idle.size > 0) this.#plan();
    });
  }
}
