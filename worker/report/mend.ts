import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import type { CollectedChange, LeaseKey } from '../../protocol/messages/worker.ts';
import type { Batch } from './batch.ts';
import type { Outbox } from './outbox.ts';

/** 3 times for one attempt: what is gone so often, with a grace of an hour, is gone for another reason. */
const TRIES = 3;

/** Stores what is missing again; the collected files as they are now. */
type Restore = (key: LeaseKey, missing: ReadonlySet<string>) => Promise<CollectedChange[]>;

const Details = z.object({ missing: z.array(z.string()) });

const isListing = (outbox: Outbox, missing: ReadonlySet<string>): boolean =>
  outbox.listed.some((sha256) => missing.has(sha256));

/**
 * Mends completions that list collected files whose content is not stored any more: it is stored
 * again while other attempts are reported. An attempt whose files cannot be had fails, and says so.
 */
export class Mender {
  readonly #restore: Restore;
  readonly #tries = new WeakMap<Outbox, number>();

  constructor(restore: Restore) {
    this.#restore = restore;
  }

  /** Whether this was the reason that a report was not taken, and something is done about it. */
  mend({ parts }: Batch, error: unknown): boolean {
    if (!(error instanceof PxError) || error.code !== 'blob_missing') return false;
    const details = Details.safeParse(error.details);
    const missing = new Set(details.success ? details.data.missing : []);
    const broken = [...parts.keys()].filter((outbox) => isListing(outbox, missing));
    for (const outbox of broken) {
      outbox.hold();
      void this.#mendOne(outbox, missing);
    }
    return broken.length > 0;
  }

  async #mendOne(outbox: Outbox, missing: ReadonlySet<string>): Promise<void> {
    const tries = (this.#tries.get(outbox) ?? 0) + 1;
    this.#tries.set(outbox, tries);
    try {
      if (tries > TRIES) throw new Error('their content was gone again each time it was stored.');
      outbox.restate({ collected: await this.#restore(outbox.key, missing) });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `${missing.size} collected files could not be stored: ${why}`;
      const collected = outbox.listedWithout(missing);
      outbox.restate({ collected, outcome: { kind: 'spawn', message } });
    }
  }
}
