import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { output } from '../helpers/fake-records.ts';
import { startBoth } from '../helpers/worker-process.ts';

describe('the end of an attempt', { concurrency: false }, () => {
  it('tells exit codes, signals, and a 137 by exit apart', async (t) => {
    const { plane } = await startBoth(t);
    const cases = [
      ['true', { kind: 'exit', code: 0 }],
      ['exit 3', { kind: 'exit', code: 3 }],
      ['exit 137', { kind: 'exit', code: 137 }],
      ['kill -9 $$', { kind: 'signal', signal: 9 }],
      ['kill -TERM $$', { kind: 'signal', signal: 15 }],
    ] as const;
    for (const [command, outcome] of cases) {
      const record = plane.lease(plane.addJob({ command }));
      assert.deepEqual((await plane.done(record)).outcome, outcome, command);
    }
    assert.deepEqual(plane.breaches, []);
  });

  it('says what sh says of a missing command and of a script without its run bit', async (t) => {
    const { plane } = await startBoth(t);
    const bundle = plane.addBundle({ 'script.sh': '#!/bin/sh\necho hi\n' });
    const missing = plane.lease(plane.addJob({ command: 'no-such-command-here' }));
    const closed = plane.lease(plane.addJob({ command: './script.sh', bundle }));
    const argv = plane.lease(plane.addJob({ command: ['no-such-command-here', 'x'] }));
    assert.deepEqual((await plane.done(missing)).outcome, { kind: 'exit', code: 127 });
    assert.match(output(missing, 2).toString(), /no-such-command-here: not found/);
    assert.deepEqual((await plane.done(closed)).outcome, { kind: 'exit', code: 126 });
    assert.match(output(closed, 2).toString(), /script\.sh: Permission denied/);
    assert.deepEqual((await plane.done(argv)).outcome, { kind: 'exit', code: 127 });
    assert.deepEqual(plane.breaches, []);
  });
});
