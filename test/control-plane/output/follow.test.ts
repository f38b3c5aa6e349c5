import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cancelJob } from '../../../control-plane/execution/cancel.ts';
import { fromBase64 } from '../../../protocol/bytes.ts';
import type { JobSpec, Outcome } from '../../../protocol/messages/jobs.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { makeCluster, queueJob } from '../../helpers/execution.ts';
import { createCaller, keepAlive } from '../../helpers/jobs.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { printed, type Read, readFrames, readOutput, says } from '../../helpers/output.ts';
import { done, type HeldLease, started, type TestWorker } from '../../helpers/worker.ts';

const KILLED: Outcome = { kind: 'signal', signal: 9 };
const FAILED: Outcome = { kind: 'exit', code: 3 };

const setUp = async (t: Cleanup, spec: Partial<JobSpec> = {}) => {
  keepAlive(t);
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [4]);
  const [worker] = workers;
  assert.ok(worker);
  const id = await queueJob(deps, clusterId, { parallel: 4, ...spec });
  return { deps, worker, id, ...createCaller(deps) };
};

const byNumber = (leases: readonly HeldLease[], number: number): HeldLease => {
  const lease = leases.find(({ partition }) => partition === number);
  assert.ok(lease, `no lease of partition ${number}`);
  return lease;
};

/** Four partitions whose output interleaves; 0 crashes late and runs again, 2 fails. */
const runJob = async (worker: TestWorker): Promise<void> => {
  const leases = await worker.claim(4);
  const [p0, p1, p2, p3] = [0, 1, 2, 3].map((number) => byNumber(leases, number));
  assert.ok(p0 && p1 && p2 && p3);
  await worker.report(leases.map(started));
  await worker.report([says(p1, 0, 1, 'b1'), says(p0, 0, 1, 'lost'), says(p2, 0, 2, 'c-err')]);
  await worker.report([says(p1, 1, 2, 'b-err'), says(p1, 2, 1, 'b2')]);
  await worker.report([done(p1, { output: ['b1', 'b-err', 'b2'] })]);
  await worker.report([done(p3)]);
  await worker.report([done(p0, { output: ['lost'], outcome: KILLED })]);
  const [again] = await worker.claim(1);
  assert.ok(again);
  await worker.report([started(again), says(again, 0, 1, 'a1'), says(p2, 1, 1, 'c1')]);
  await worker.report([done(p2, { output: ['c-err', 'c1'], outcome: FAILED })]);
  await worker.report([says(again, 1, 1, 'a2'), done(again, { output: ['a1', 'a2'] })]);
};

const VIEWS = ['live', 'final', 'none'] as const;
const everyQuery = VIEWS.flatMap((stdout) =>
  VIEWS.flatMap((stderr) =>
    [{}, { order: 1 }, { partition: 0 }, { partition: 2, order: 1 }].map((rest) => ({
      stdout,
      stderr,
      ...rest,
    })),
  ),
);

const short = (frames: readonly Read[]): string[] =>
  frames.map(({ header, body }) => {
    if (header.t === 'chunk') return body;
    return header.t === 'committed' || header.t === 'superseded'
      ? `${header.t} ${header.partition}.${header.attempt}`
      : header.t;
  });

/** Each stream and each kind of end by itself, without the cursors that tell how far all are. */
const inParts = (frames: readonly Read[]): Record<string, string[]> => {
  const parts = Object.groupBy(frames, ({ header }) =>
    header.t === 'chunk' ? `stream ${header.stream}` : header.t,
  );
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, short(part ?? [])]));
};

describe('the output of a job', () => {
  test('is in the final view each partition once, whole, from the attempt that counts', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    assert.deepEqual(short(await readOutput(client, id)), [
      ...['b1', 'b-err', 'b2', 'committed 1.1', 'committed 3.1', 'superseded 0.1'],
      ...['c-err', 'c1', 'committed 2.1', 'a1', 'a2', 'committed 0.2'],
    ]);
  });

  test('is in the live view what was recorded, in its order', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    const frames = await readOutput(client, id, { stdout: 'live', stderr: 'live' });
    assert.equal(printed(frames), 'b1lostc-errb-errb2a1c1a2');
  });

  test('is decided for each stream by itself', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    const frames = await readOutput(client, id, { stdout: 'final', stderr: 'live' });
    assert.equal(printed(frames), 'c-errb-errb1b2c1a1a2');
    const quiet = await readOutput(client, id, { stdout: 'final', stderr: 'none' });
    assert.equal(printed(quiet), 'b1b2c1a1a2');
  });

  test('comes in order of partitions where that is asked for', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    const frames = await readOutput(client, id, { order: 1 });
    assert.equal(printed(frames), 'a1a2b1b-errb2c-errc1');
  });

  test('of one partition alone is that of its attempt that counts', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    const frames = await readOutput(client, id, { partition: 0 });
    assert.deepEqual(short(frames), ['superseded 0.1', 'a1', 'a2', 'committed 0.2']);
  });

  test('resumes from every cursor exactly, in every view', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    for (const query of everyQuery) {
      const straight = await readOutput(client, id, query);
      for (const [at, { header }] of straight.entries()) {
        const rest = await readOutput(client, id, { ...query, cursor: header.cursor });
        assert.deepEqual(rest, straight.slice(at + 1), `${JSON.stringify(query)} after ${at}`);
      }
    }
  });

  test('resumes inside a partition of many chunks', async (t) => {
    const { client, id, worker } = await setUp(t, { parallel: 1 });
    const [lease] = await worker.claim(1);
    assert.ok(lease);
    const output = Array.from({ length: 700 }, (_, at) => `${at}\n`);
    await worker.report([started(lease)]);
    await worker.report(output.map((text, seq) => says(lease, seq, seq % 3 === 0 ? 2 : 1, text)));
    await worker.report([done(lease, { output })]);
    for (const query of [{}, { order: 1 }, { stderr: 'none' }, { stdout: 'live' }]) {
      const straight = await readOutput(client, id, query);
      const wanted = 'stderr' in query ? output.filter((_, at) => at % 3 !== 0) : output;
      if (!('stdout' in query)) assert.equal(printed(straight), wanted.join(''));
      for (const at of [0, 1, 254, 255, 256, 257, 400, straight.length - 2]) {
        const cursor = straight[at]?.header.cursor;
        const rest = await readOutput(client, id, { ...query, cursor: cursor ?? '' });
        assert.deepEqual(rest, straight.slice(at + 1), `${JSON.stringify(query)} after ${at}`);
      }
    }
  });

  test('that is followed equals what is read afterwards, in every view', async (t) => {
    const { client, id, worker } = await setUp(t);
    const queries = everyQuery.map((query) => ({ ...query, follow: 1 }));
    const following = queries.map((query) => readOutput(client, id, query));
    await runJob(worker);
    for (const [at, read] of (await Promise.all(following)).entries()) {
      const later = await readOutput(client, id, everyQuery[at]);
      // With `order` two sequences run side by side: what is in order, and what is live.
      if (!Object.hasOwn(everyQuery[at] ?? {}, 'order')) assert.deepEqual(read, later);
      assert.deepEqual(inParts(read), inParts(later));
    }
  });

  test('ends with the job and says so', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    const frames: Read[] = [];
    for await (const frame of readFrames(client, id, { follow: 1 })) frames.push(frame);
    const last = frames.at(-1)?.header;
    assert.equal(last?.t, 'end');
    assert.equal(last?.t === 'end' && last.job.exit, 3);
    const rest: Read[] = [];
    for await (const frame of readFrames(client, id, { cursor: last?.cursor ?? '' })) {
      rest.push(frame);
    }
    assert.deepEqual(
      rest.map(({ header }) => header.t).filter((kind) => kind !== 'progress'),
      ['end'],
    );
  });

  test('tells what was done as soon as a progress frame is due', async (t) => {
    const clock = createManualClock();
    const deps = createTestDeps(t, { clock });
    const { clusterId, workers } = makeCluster(deps, [1]);
    const id = await queueJob(deps, clusterId, { parallel: 2 });
    const { client } = createCaller(deps);
    const frames = readFrames(client, id, { follow: 1 });
    const next = async () => (await frames.next()).value?.header;
    const first = await next();
    assert.equal(first?.t === 'progress' && first.job.counters.succeeded, 0);
    clock.advance(100);
    const [lease] = (await workers[0]?.claim(1)) ?? [];
    assert.ok(lease);
    await workers[0]?.report([started(lease), done(lease)]);
    assert.equal((await next())?.t, 'committed');
    clock.advance(900);
    const second = await next();
    assert.equal(second?.t === 'progress' && second.job.counters.succeeded, 1);
    await frames.return();
  });

  test('of canceled partitions is that of their last attempt', async (t) => {
    const { deps, client, id, worker } = await setUp(t, { parallel: 2 });
    const leases = await worker.claim(2);
    const first = byNumber(leases, 0);
    await worker.report([started(first), says(first, 0, 1, 'half')]);
    cancelJob(deps, id, 'enough');
    for (const query of [{ follow: 1 }, { follow: 1, order: 1 }]) {
      const frames = await readOutput(client, id, query);
      assert.equal(printed(frames), 'half');
      assert.deepEqual(short(frames).slice(0, 2), ['half', 'committed 0.1']);
    }
  });

  test('after a retry holds each partition once', async (t) => {
    const { client, id, worker } = await setUp(t);
    await runJob(worker);
    const env = { env: {}, secrets: {} };
    await client.call('jobRetry', { params: { id }, json: { env, attached: false } });
    const [lease] = await worker.claim(1);
    assert.ok(lease);
    await worker.report([started(lease), says(lease, 0, 1, 'C!'), done(lease, { output: ['C!'] })]);
    assert.equal(printed(await readOutput(client, id, { order: 1 })), 'a1a2b1b-errb2C!');
    assert.equal(printed(await readOutput(client, id)), 'b1b-errb2a1a2C!');
  });

  test('is named by its place in a file for a reader of this machine, large chunks alone', async (t) => {
    const { deps, client, id, worker } = await setUp(t);
    const [p0] = await worker.claim(1);
    assert.ok(p0);
    const large = `${'x'.repeat(20_000)}\n`;
    await worker.report([started(p0), says(p0, 0, 1, 'a1\n'), says(p0, 1, 1, large)]);
    const query = { files: 1, stdout: 'live' };
    const [small, named] = await readOutput(client, id, query);
    assert.equal(small?.body, 'a1\n');
    const file = named?.header.t === 'chunk' ? named.header.file : undefined;
    assert.ok(file);
    assert.equal(named?.body, '');
    const stored = readFileSync(join(deps.dataDir, file.path), 'latin1');
    assert.equal(stored.slice(file.offset, file.offset + file.length), large);
    assert.equal(file.sha256, createHash('sha256').update(large).digest('hex'));
    assert.equal(printed(await readOutput(client, id, { stdout: 'live' })), `a1\n${large}`);
  });

  test('that is damaged on disk is named and not sent', async (t) => {
    const { deps, client, id, worker } = await setUp(t);
    await runJob(worker);
    const segment = join(deps.dataDir, 'jobs', id, 'out', '0');
    const bytes = readFileSync(segment);
    bytes.write('A', bytes.indexOf('a1'));
    writeFileSync(segment, bytes);
    const frames = await readOutput(client, id);
    const last = frames.at(-1)?.header;
    assert.equal(last?.t === 'error' && last.error.code, 'output_damaged');
    assert.match((last?.t === 'error' && last.error.message) || '', /partition 0/);
    assert.equal(printed(frames), 'b1b-errb2c-errc1');
  });

  test('that is damaged while the job runs is made again and sent whole', async (t) => {
    const { deps, client, id, worker } = await setUp(t, { parallel: 2 });
    const leases = await worker.claim(2);
    const [p0, p1] = [byNumber(leases, 0), byNumber(leases, 1)];
    await worker.report([started(p0), says(p0, 0, 1, 'a1'), done(p0, { output: ['a1'] })]);
    const segment = join(deps.dataDir, 'jobs', id, 'out', '0');
    const bytes = readFileSync(segment);
    bytes.write('A', bytes.indexOf('a1'));
    writeFileSync(segment, bytes);
    const following = readOutput(client, id, { follow: 1, order: 1 });
    for (let look = 0; look < 400; look++) {
      const { items } = await client.call('partitions', { params: { id } });
      if (items[0]?.state === 'pending') break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const [again] = await worker.claim(1);
    assert.equal(again?.partition, 0);
    assert.ok(again);
    await worker.report([started(again), says(again, 0, 1, 'a1'), done(again, { output: ['a1'] })]);
    await worker.report([started(p1), done(p1)]);
    assert.deepEqual(short(await following), [
      ...['superseded 0.1', 'a1', 'committed 0.2', 'committed 1.1'],
    ]);
    const { counters, exit } = await client.call('job', { params: { id } });
    assert.deepEqual([counters.succeeded, exit], [2, 0]);
  });

  test('of a cursor that nobody gave is refused', async (t) => {
    const { client, id } = await setUp(t);
    await assert.rejects(readOutput(client, id, { cursor: 'x' }), { code: 'bad_request' });
  });
});

describe('a reader', () => {
  test('that does not read lags, and claims see it', async (t) => {
    const { deps, client, id, worker } = await setUp(t, { parallel: 1 });
    const [lease] = await worker.claim(1);
    assert.ok(lease);
    const reading = readFrames(client, id, { follow: 1, pace: 1 });
    await reading.next();
    const text = 'x'.repeat(100_000);
    await worker.report([started(lease), says(lease, 0, 1, text), done(lease, { output: [text] })]);
    const poll = async (isDone: () => boolean) => {
      for (let look = 0; look < 400 && !isDone(); look++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.ok(isDone());
    };
    await poll(() => deps.pace.lagOf(id) === 100_000);
    for await (const _ of reading);
    await poll(() => deps.pace.lagOf(id) === 0);
  });
});

describe('the forms of output', () => {
  const setUpRun = async (t: Cleanup) => {
    const made = await setUp(t);
    await runJob(made.worker);
    const get = async (accept: string, query = '') => {
      const path = `/v1/jobs/${made.id}/output${query}`;
      return await made.request(path, { headers: { accept } });
    };
    return { ...made, get };
  };

  test('as text are the bytes of stdout, and of stderr where it is asked for', async (t) => {
    const { get } = await setUpRun(t);
    assert.equal(await (await get('*/*', '?order=1')).text(), 'a1a2b1b2c1');
    assert.equal(
      await (await get('text/plain', '?order=1&stderr=final')).text(),
      'a1a2b1b-errb2c-errc1',
    );
  });

  test('as NDJSON hold bytes in base64', async (t) => {
    const { get } = await setUpRun(t);
    const response = await get('application/x-ndjson', '?order=1&stderr=none');
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
    const lines = (await response.text()).trimEnd().split('\n');
    const chunks = lines.map((line) => JSON.parse(line)).filter(({ t }) => t === 'chunk');
    const text = chunks.map(({ data }) => Buffer.from(fromBase64(data)).toString()).join('');
    assert.equal(text, 'a1a2b1b2c1');
  });

  test('as server-sent events resume by Last-Event-ID', async (t) => {
    const { get, request, id } = await setUpRun(t);
    const idsOf = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map((match) => match[1]);
    const whole = idsOf(await (await get('text/event-stream')).text());
    const headers = { accept: 'text/event-stream', 'last-event-id': whole[4] ?? '' };
    const rest = idsOf(await (await request(`/v1/jobs/${id}/output`, { headers })).text());
    assert.deepEqual(new Set(rest), new Set(whole.slice(5)));
  });
});
