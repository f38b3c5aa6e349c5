import { show } from '../../protocol/bytes.ts';
import type { Outcome } from '../../protocol/messages/jobs.ts';
import type { Stream } from '../../protocol/messages/output.ts';

/** What one node said. */
interface Answer {
  node: string;
  outcome: Outcome;
  stdout: Buffer;
  stderr: Buffer;
}

/** 8 MiB over all nodes, those that have ended too: beyond that equal answers are not looked for. */
const HELD_MAX_BYTES = 8 << 20;

interface Held {
  1: Uint8Array[];
  2: Uint8Array[];
}

/** Holds what nodes print until all have ended, within a bound. */
export class Answers {
  readonly #held = new Map<number, Held>();
  readonly #ended: Answer[] = [];
  #bytes = 0;

  /** Whether more is held than may be. */
  get full(): boolean {
    return this.#bytes > HELD_MAX_BYTES;
  }

  /** Those that have ended, in the order of their nodes' names. */
  get ended(): Answer[] {
    return this.#ended.toSorted((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  }

  add(partition: number, stream: Stream, bytes: Uint8Array): void {
    const held = this.#held.get(partition) ?? { 1: [], 2: [] };
    // A copy: the reader of frames uses the buffer again.
    held[stream].push(Uint8Array.from(bytes));
    this.#held.set(partition, held);
    this.#bytes += bytes.length;
  }

  /** What an attempt said that does not count. */
  forget(partition: number): void {
    for (const { length } of Object.values(this.#held.get(partition) ?? {}).flat()) {
      this.#bytes -= length;
    }
    this.#held.delete(partition);
  }

  end(partition: number, node: string, outcome: Outcome): void {
    const held = this.#held.get(partition) ?? { 1: [], 2: [] };
    this.#held.delete(partition);
    this.#ended.push({
      ...{ node, outcome, stdout: Buffer.concat(held[1]), stderr: Buffer.concat(held[2]) },
    });
  }

  /** Gives away what is held of partitions that have not ended, piece by piece. */
  *drain(): Generator<{ partition: number; stream: Stream; bytes: Uint8Array }> {
    for (const [partition, held] of this.#held) {
      for (const stream of [1, 2] as const) {
        for (const bytes of held[stream]) yield { partition, stream, bytes };
      }
    }
    this.#held.clear();
    this.#bytes = 0;
  }
}

/** Nodes that said the same. */
interface Folded {
  nodes: string[];
  answer: Answer;
}

/** Puts equal answers together: same bytes on both streams, same end. */
export const foldAnswers = (answers: readonly Answer[]): Folded[] => {
  const folded: Folded[] = [];
  for (const answer of answers) {
    const same = folded.find(
      (other) =>
        other.answer.stdout.equals(answer.stdout) &&
        other.answer.stderr.equals(answer.stderr) &&
        JSON.stringify(other.answer.outcome) === JSON.stringify(answer.outcome),
    );
    if (same === undefined) folded.push({ nodes: [answer.node], answer });
    else same.nodes.push(answer.node);
  }
  return folded;
};

const textOrBytes = (name: string, bytes: Buffer): Record<string, string> =>
  // JSON holds no bytes: what is no UTF-8 comes in base64 too.
  Buffer.from(show(bytes)).equals(bytes)
    ? { [name]: bytes.toString() }
    : { [name]: show(bytes), [`${name}Base64`]: bytes.toString('base64') };

/** An answer in `--json`. */
export const answerJson = ({ node, outcome, stdout, stderr }: Answer): Record<string, unknown> => ({
  node,
  outcome,
  ...textOrBytes('stdout', stdout),
  ...textOrBytes('stderr', stderr),
});
