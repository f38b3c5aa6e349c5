import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { JobInput } from '../../protocol/messages/jobs.ts';
import { output } from '../helpers/fake-records.ts';
import { startBoth } from '../helpers/worker-process.ts';

const LINES: JobInput = { kind: 'args', separator: '\n', template: null };
const EACH: JobInput = { kind: 'args', separator: '\n', template: '{}' };

/** Every byte but NUL and newline, and what a shell would like to have a word about. */
const ODD = Buffer.concat([
  Buffer.from('a b\n"q" \'s\'\n$(touch x)\n*\n-n\n--\t\n\r\n\n'),
  Buffer.from([...Array(256).keys()].filter((byte) => byte !== 0 && byte !== 10)),
  Buffer.from('\nno newline at the end'),
]);

describe('what a process receives', { concurrency: false }, () => {
  it('passes arguments byte for byte, as xargs -0 does', async (t) => {
    const { plane, worker } = await startBoth(t);
    const command = `printf '%s\\0'`;
    const record = plane.lease(plane.addJob({ command, input: LINES }), { bytes_: ODD });
    assert.deepEqual((await plane.done(record)).outcome, { kind: 'exit', code: 0 });
    const zeroed = Buffer.from(ODD.toString('latin1').replaceAll('\n', '\0'), 'latin1');
    const expected = execFileSync('xargs', ['-0', 'printf', '%s\\0'], { input: zeroed });
    assert.deepEqual(output(record), expected);
    assert.equal(worker.log().includes('unexpected'), false);
  });

  it('keeps NUL-separated names with newlines whole', async (t) => {
    const { plane } = await startBoth(t);
    const input: JobInput = { kind: 'args', separator: '\0', template: null };
    const names = 'one\ntwo\0 three \0\n\0';
    const record = plane.lease(plane.addJob({ command: `printf '<%s>'`, input }), {
      bytes_: names,
    });
    await plane.done(record);
    assert.equal(output(record).toString(), '<one\ntwo>< three ><\n>');
  });

  it('puts each line in place of its mark, and keeps the last status that is not 0', async (t) => {
    const { plane } = await startBoth(t);
    const command = `printf '%s|%s\\n' {} {#}; [ {} != bad ]`;
    const job = plane.addJob({ command, input: EACH });
    const three = plane.lease(job, {
      bytes_: 'x y\nbad\n$HOME\n',
      firstLine: 4,
      step: 2,
      lines: 3,
    });
    const one = plane.lease(job, { bytes_: ODD.subarray(-300), firstLine: 0 });
    assert.deepEqual((await plane.done(three)).outcome, { kind: 'exit', code: 1 });
    assert.equal(output(three).toString(), 'x y|5\nbad|7\n$HOME|9\n');
    await plane.done(one);
    const lines = ODD.subarray(-300).toString('latin1').split('\n');
    const expected = lines.map((line, at) => `${line}|${at + 1}\n`).join('');
    assert.equal(output(one).toString('latin1'), expected);
  });

  it('takes a line of 131,071 bytes as an argument and in a template', async (t) => {
    const { plane } = await startBoth(t);
    const line = Buffer.alloc(131_071, 'y');
    const odd = Buffer.from(line).fill(0xff, 5, 6);
    const args = plane.addJob({ command: 'printf "%s" "$1" | wc -c; true', input: LINES });
    const each = plane.addJob({ command: 'printf "%s" {} | wc -c', input: EACH });
    const records = [
      plane.lease(args, { bytes_: line }),
      plane.lease(args, { bytes_: odd }),
      plane.lease(each, { bytes_: line }),
      plane.lease(each, { bytes_: Buffer.concat([line, Buffer.from('\n'), line]) }),
    ];
    const counts: string[] = [];
    for (const record of records) {
      assert.deepEqual((await plane.done(record)).outcome, { kind: 'exit', code: 0 });
      counts.push(output(record).toString());
    }
    const one = '131071\n';
    assert.deepEqual(counts, [one, one, one, one + one]);
  });

  it('says why more arguments than Linux takes were not passed', async (t) => {
    const { plane } = await startBoth(t);
    const job = plane.addJob({ command: 'true', input: LINES });
    const record = plane.lease(job, { bytes_: `${'z'.repeat(100_000)}\n`.repeat(80) });
    const { outcome } = await plane.done(record);
    assert.equal(outcome.kind, 'spawn');
    assert.match(JSON.stringify(outcome), /Linux takes at most \d+ here/);
  });

  it('feeds stdin byte for byte, inline and fetched, and does not mind a reader that leaves', async (t) => {
    const { plane } = await startBoth(t);
    const bytes = Buffer.concat([
      randomBytes(3_000_000),
      Buffer.from([0, 255, 254, 10]),
      Buffer.alloc(1_000_000, 'l'),
      Buffer.from('\n'),
    ]);
    const input: JobInput = { kind: 'stdin' };
    const sum = plane.addJob({ command: 'cat /dev/stdin | sha256sum', input });
    const head = plane.addJob({ command: 'head -c 3', input });
    const inline = plane.lease(sum, { bytes_: bytes });
    const fetched = plane.lease(sum, { bytes_: bytes, input: 'fetch' });
    const early = plane.lease(head, { bytes_: bytes, input: 'fetch' });
    const expected = `${createHash('sha256').update(bytes).digest('hex')}  -\n`;
    await plane.done(inline);
    await plane.done(fetched);
    assert.equal(output(inline).toString(), expected);
    assert.equal(output(fetched).toString(), expected);
    assert.deepEqual((await plane.done(early)).outcome, { kind: 'exit', code: 0 });
    assert.deepEqual(output(early), bytes.subarray(0, 3));
  });

  it('gives /dev/null where nothing is fed, and a stdout and stderr that can be opened again', async (t) => {
    const { plane } = await startBoth(t);
    const command =
      'readlink /proc/self/fd/0; echo out > /dev/stdout; echo err > /dev/stderr; [ -p /dev/stdout ] && echo pipe';
    const record = plane.lease(plane.addJob({ command }));
    await plane.done(record);
    assert.equal(output(record).toString(), '/dev/null\nout\npipe\n');
    assert.equal(output(record, 2).toString(), 'err\n');
  });

  it('sets the environment of the job and of the attempt, and none of its own', async (t) => {
    const { plane } = await startBoth(t, undefined, { env: { WORKER_ONLY: '1', LANG: 'C.UTF-8' } });
    const env = { env: { A: 'b c', PX_PARTITIONS: '99' }, secrets: { KEY: 'öß\n' } };
    const job = plane.addJob({ command: 'env -0 | sort -z | grep -zv ^_=', env });
    const record = plane.lease(job, { partition: 7, attempt: 3, partitions: null });
    await plane.done(record);
    const names = new Map(
      output(record)
        .toString()
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry): [string, string] => {
          const at = entry.indexOf('=');
          return [entry.slice(0, at), entry.slice(at + 1)];
        }),
    );
    assert.match(names.get('PX_LEASE') ?? '', /^[0-9a-f]{16}\.\d+$/);
    assert.match(names.get('PX_CPUS') ?? '', /^\d+$/);
    for (const name of ['PX_LEASE', 'PX_CPUS', 'PATH', 'HOME', 'PWD', 'LANG']) names.delete(name);
    assert.deepEqual(Object.fromEntries([...names].sort()), {
      A: 'b c',
      KEY: 'öß\n',
      PX_ATTEMPT: '3',
      PX_JOB: job,
      PX_NODE: 'fake-0',
      PX_PARTITION: '7',
      PX_SLOT: '0',
    });
  });
});
