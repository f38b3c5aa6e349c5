import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PxError } from '../../protocol/errors.ts';
import { backoffMs, isFatal, isPassing, retrying } from '../../worker/retry.ts';

const clock = { sleep: async () => undefined };

describe('retrying', () => {
  it('waits longer each time, within bounds, and never the same for all', () => {
    assert.equal(
      backoffMs(0, () => 0),
      25,
    );
    assert.equal(
      backoffMs(0, () => 1),
      50,
    );
    assert.equal(
      backoffMs(3, () => 1),
      400,
    );
    assert.equal(
      backoffMs(1000, () => 1),
      10_000,
    );
  });

  it('repeats what may pass, and gives up what will not', async () => {
    let calls = 0;
    const answer = await retrying(
      { clock, random: () => 0 },
      new AbortController().signal,
      async () => {
        calls += 1;
        if (calls < 4) throw new PxError('unavailable', 'gone');
        return calls;
      },
    );
    assert.equal(answer, 4);
    const refused = new PxError('stale_lease', 'no');
    await assert.rejects(
      retrying({ clock, random: () => 0 }, new AbortController().signal, () =>
        Promise.reject(refused),
      ),
      refused,
    );
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const failure = new PxError('unavailable', 'gone');
    const call = () => {
      controller.abort();
      return Promise.reject(failure);
    };
    await assert.rejects(retrying({ clock, random: () => 0 }, controller.signal, call), failure);
  });

  it('knows what ends the worker, and that a bug is no passing trouble', () => {
    assert.equal(isFatal(new PxError('unauthorized', '')), true);
    assert.equal(isFatal(new PxError('upgrade_required', '')), true);
    assert.equal(isFatal(new PxError('disk_full', '')), false);
    assert.equal(isPassing(new PxError('disk_full', '')), true);
    assert.equal(isPassing(new TypeError('a bug')), false);
  });
});
