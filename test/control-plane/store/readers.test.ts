import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCommitted, pageLog, sumCommittedBytes } from '../../../control-plane/store/readers.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';

test('what ends attempts is found without a look at the chunks between', (t) => {
  const { db } = createTestDeps(t);
  const { $client: client } = db;
  const asked: string[] = [];
  const prepare = client.prepare.bind(client);
  client.prepare = ((source: string) => {
    asked.push(source);
    return prepare(source);
  }) as typeof client.prepare;
  const page = { jobId: 'j', after: 0, limit: 10, chunks: false };
  sumCommittedBytes(db, 'j', 0);
  pageLog(db, { ...page, partition: null });
  findCommitted(db, 'j', 0);
  const plans = asked
    .filter((source) => /^select .*"log"."kind"/.test(source) && !source.includes('"partitions"'))
    .map((source) => {
      const parameters = Array.from(source.matchAll(/\?/g), () => null);
      const rows = prepare(`explain query plan ${source}`).all(...parameters);
      return (rows as { detail: string }[]).map(({ detail }) => detail).join('; ');
    });
  const by = (name: string) => plans.filter((plan) => plan.includes(name)).length;
  assert.deepEqual([by('log_transitions') >= 2, by('log_committed')], [true, 1], plans.join('\n'));
});
