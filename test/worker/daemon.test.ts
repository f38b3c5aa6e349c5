import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeControlPlane } from '../helpers/fake-control-plane.ts';
import { output } from '../helpers/fake-records.ts';
import { isAlive, processesOf, until } from '../helpers/processes.ts';
import { startBoth, startWorker } from '../helpers/worker-process.ts';

describe('the daemon', { concurrency: false }, () => {
  it('gets the same leases after the reply to its claim was lost, and starts each once', async (t) => {
    const { plane, worker } = await startBoth(t);
    const marks = join(worker.dir, 'marks');
    let lost = 0;
    plane.fault = (route) => {
      if (route !== 'workerClaim' || lost >= 3) return null;
      lost += 1;
      return 'lose-reply';
    };
    const job = plane.addJob({ command: `echo $PX_PARTITION >> ${marks}; cat ${marks} | wc -l` });
    const records = [plane.lease(job), plane.lease(job), plane.lease(job)];
    for (const record of records) await plane.done(record);
    const last = Math.max(...records.map((record) => Number(output(record).toString())));
    assert.equal(last, 3);
    // A poll that was open before may have taken them all: then the next ones are lost.
    await plane.until(() => lost === 3);
  });

  it('runs as many processes as it has slots, and extra ones where a lease says so', async (t) => {
    const { plane, worker } = await startBoth(t);
    const go = join(worker.dir, 'go');
    const job = plane.addJob({ command: `echo $PX_SLOT; until [ -e ${go} ]; do sleep 0.02; done` });
    const normal = [plane.lease(job), plane.lease(job), plane.lease(job)];
    await plane.until(() => normal.filter(({ started }) => started).length === 2);
    const beside = [plane.lease(job, { beside: true }), plane.lease(job, { beside: true })];
    await plane.until(() => beside.every((record) => record.chunks.length > 0));
    assert.equal(normal.filter(({ started }) => started).length, 2);
    writeFileSync(go, '');
    for (const record of [...normal, ...beside]) await plane.done(record);
    const slots = [...normal.slice(0, 2), ...beside].map((record) => output(record).toString());
    assert.deepEqual(slots.sort(), ['0\n', '1\n', '2\n', '3\n']);
    assert.deepEqual(plane.breaches, []);
  });

  it('gives back what it has not started when it is asked, and when it drains', async (t) => {
    const { plane, worker } = await startBoth(t, (fake) => {
      fake.slots = 1;
    });
    const go = join(worker.dir, 'go');
    const job = plane.addJob({ command: `until [ -e ${go} ]; do sleep 0.02; done` });
    const records = [plane.lease(job), plane.lease(job), plane.lease(job)];
    const [running, asked, drained] = records;
    assert.ok(running && asked && drained);
    await plane.until(() => running.started);
    plane.askBack(running);
    plane.askBack(asked);
    assert.equal((await plane.ended(asked)).t, 'released');
    plane.drain();
    assert.equal((await plane.ended(drained)).t, 'released');
    assert.equal(running.end, null);
    writeFileSync(go, '');
    await plane.done(running);
    const late = plane.lease(job);
    await plane.until(() => plane.count('workerControl') > 2);
    assert.equal(late.started, false);
  });

  it('finds a control plane that came back at another address', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'px-server-file-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const serverFile = join(folder, 'server.json');
    const publish = (url: string) => {
      writeFileSync(`${serverFile}.new`, JSON.stringify({ url, token: 'not for workers' }));
      renameSync(`${serverFile}.new`, serverFile);
    };
    const plane = new FakeControlPlane();
    await plane.listen();
    publish(plane.url);
    const { joinToken } = plane;
    const worker = startWorker(t, { serverFile, joinToken });
    t.after(() => plane.close());
    await plane.until(() => plane.count('workerClaim') > 0);
    const record = plane.lease(plane.addJob({ command: 'echo $$; sleep 1; echo over' }));
    await plane.until(() => record.chunks.length > 0);
    const before = plane.url;
    await plane.unlisten();
    await plane.listen();
    publish(plane.url);
    assert.notEqual(plane.url, before);
    assert.deepEqual((await plane.done(record)).outcome, { kind: 'exit', code: 0 });
    assert.match(output(record).toString(), /^\d+\nover\n$/);
    assert.equal(plane.incarnation, 1);
    assert.ok(isAlive(worker.pid));
  });

  it('kills everything and ends once its token does not count any more', async (t) => {
    const { plane, worker } = await startBoth(t);
    const record = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    await plane.until(() => record.chunks.length > 0);
    const pid = Number(output(record).toString());
    // A newer incarnation has joined with the same join token.
    plane.nodeToken = 'another';
    plane.endJob('nothing');
    plane.dropPolls();
    assert.equal(await worker.exited, 0);
    assert.equal(isAlive(pid), false);
    assert.match(worker.log(), /unauthorized/);
  });

  it('says that it is too old, and that its join token is no good', async (t) => {
    for (const [status, code] of [
      [426, 'upgrade_required'],
      [401, 'unauthorized'],
    ] as const) {
      const plane = new FakeControlPlane();
      await plane.listen();
      t.after(() => plane.close());
      const body = JSON.stringify({ error: { code, message: `the words of ${code}`, hint: null } });
      plane.fault = () => ({ status, body });
      const worker = startWorker(t, { url: plane.url, joinToken: 'x' });
      assert.equal(await worker.exited, 1);
      assert.match(worker.log(), new RegExp(`the words of ${code}`));
    }
  });

  it('ends when its directory disappears', async (t) => {
    const { plane, worker } = await startBoth(t);
    const record = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    await plane.until(() => record.chunks.length > 0);
    const pid = Number(output(record).toString());
    rmSync(worker.dir, { recursive: true, force: true });
    assert.equal(await worker.exited, 0);
    assert.equal(isAlive(pid), false);
  });

  it('ends and leaves nothing once no control plane was heard for too long, joined or not', async (t) => {
    const { plane, worker } = await startBoth(t, () => undefined, { aloneMs: 1000 });
    const record = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    await plane.until(() => record.chunks.length > 0);
    const pid = Number(output(record).toString());
    const { url } = plane;
    await plane.unlisten();
    assert.equal(await worker.exited, 0);
    assert.equal(isAlive(pid), false);
    assert.equal(existsSync(worker.dir), false);
    const lonely = startWorker(t, { url, joinToken: 'x', aloneMs: 300 });
    assert.equal(await lonely.exited, 0);
    assert.equal(existsSync(lonely.dir), false);
  });

  it('gives its leases back on SIGTERM', async (t) => {
    const { plane, worker } = await startBoth(t);
    const record = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    await plane.until(() => record.chunks.length > 0);
    worker.child.kill('SIGTERM');
    assert.equal(await worker.exited, 0);
    assert.equal(plane.count('workerLeave'), 1);
    assert.equal(record.end, null);
  });

  it('keeps its tokens and the secrets of jobs out of files, arguments and environments', async (t) => {
    const { plane, worker } = await startBoth(t);
    const env = { env: {}, secrets: { KEY: 'very-secret-value' } };
    const secret = /very-secret-value/;
    const command = `grep -rlsF -e very-secret-value -e ${plane.joinToken} ${worker.dir}; sleep 0.5`;
    const record = plane.lease(plane.addJob({ command, env }));
    await plane.until(() => record.started);
    const seen = processesOf(worker.dir).concat(processesOf('px-guard'));
    assert.ok(seen.length > 1);
    for (const { command: words, environment } of seen) {
      const shown = `${words} ${Object.values(environment).join(' ')}`;
      assert.equal(shown.includes(plane.nodeToken), false);
      if (environment.PX_JOB === undefined) assert.doesNotMatch(shown, secret);
    }
    await plane.done(record);
    assert.equal(output(record).toString(), '');
    await until('the log is there', () => worker.log().includes('joined'));
    assert.doesNotMatch(worker.log(), /very-secret-value|join-token/);
  });
});
