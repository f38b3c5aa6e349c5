// Bad input: a clear error, the next step, and 125.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { PROTOCOL_HEADER } from '../../../protocol/version.ts';
import type { Passing } from '../../helpers/fault-proxy.ts';
import { makePx, type Px } from '../../helpers/px-process.ts';
import { useFaultyPx, usePx } from '../support/network.ts';

/** Expects 125, the words, and neither a stack trace nor output. */
const refuses = async (px: Px, args: readonly string[], ...words: RegExp[]): Promise<void> => {
  const ended = await px.run(args, { timeoutMs: 30_000 });
  assert.equal(ended.status, 125, ended.stderr);
  for (const word of words) assert.match(ended.stderr, word);
  assert.doesNotMatch(ended.stderr, /^\s+at .*:\d+:\d+\)?$/m, 'no stack trace');
  assert.equal(ended.stdout.toString(), '');
};

describe('refusals', () => {
  test('an unknown key of px.yaml is named with file, line and column', async (t) => {
    const px = usePx(t);
    px.write('px.yaml', 'cluster:\n  name: demo\n  nodez: 3\n');
    await refuses(px, ['run', 'true'], /px\.yaml/, /3:3/, /nodez/);
  });

  test('a cluster that is not up is an error with the command to type', async (t) => {
    const px = usePx(t);
    await refuses(px, ['run', 'true', '--cluster', 'nowhere'], /nowhere/, /px cluster up/);
  });

  test('a file that does not exist is named', async (t) => {
    const px = usePx(t);
    for (const flag of ['--args-file', '--stdin-file']) {
      await refuses(px, ['run', 'true', flag, 'no-such-file.txt'], /no-such-file\.txt/);
    }
  });

  test('the home directory is no project, nor is a folder that holds PX_HOME', async (t) => {
    const px = usePx(t);
    const { HOME = '' } = px.env;
    for (const cwd of [HOME, px.folder]) {
      const ended = await px.run(['run', 'true'], { cwd });
      assert.equal(ended.status, 125, ended.stderr);
    }
  });

  test('extra words are an error that says to quote them', async (t) => {
    const px = usePx(t);
    await refuses(px, ['run', 'echo', 'two', 'words'], /quote/i);
  });

  test('two inputs at once are refused', async (t) => {
    const px = usePx(t);
    px.write('lines', 'a\n');
    await refuses(
      px,
      ['run', 'true', '--args-file', 'lines', '--stdin-file', 'lines'],
      /--stdin-file|--args-file/,
    );
  });

  test('{} inside quotes is refused', async (t) => {
    const px = usePx(t);
    px.write('lines', 'a\n');
    await refuses(px, ['run', 'echo "x {} y"', '--args-file', 'lines'], /quote/i);
  });

  test('a git-ignored input file is refused by name with the hint', async (t) => {
    const px = usePx(t);
    await px.startProgram(['git', 'init', '-q']).ended();
    px.write('.gitignore', 'lines.txt\n');
    px.write('lines.txt', 'a\n');
    await refuses(
      px,
      ['run', 'cat lines.txt', '--args-file', 'lines.txt'],
      /lines\.txt/,
      /include/,
    );
  });
});

describe('secrets', () => {
  test('a planted .env or key file does not travel', async (t) => {
    const px = usePx(t);
    for (const name of ['.env', '.env.local', 'server.pem', 'id_ed25519', 'kept.txt'])
      px.write(name, 'x\n');
    const ended = await px.ok(['run', 'ls -A']);
    assert.equal(ended.stdout.toString(), 'kept.txt\n');
  });
});

describe('a server that refuses', () => {
  test('a wrong token is 401 with what to do', async (t) => {
    const px = usePx(t);
    await px.ok(['server', 'start']);
    const answer = await fetch(`${px.server().url}/v1/jobs`, {
      headers: { authorization: 'Bearer wrong' },
    });
    assert.equal(answer.status, 401);
    const body = (await answer.json()) as { error: { code: string; hint: string } };
    assert.equal(body.error.code, 'unauthorized');
    assert.ok(body.error.hint.length > 0);
  });

  test('a body that is too large is 413', async (t) => {
    const px = usePx(t);
    await px.ok(['server', 'start']);
    const { url, token } = px.server();
    const answer = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: `{"x":"${'y'.repeat(9 << 20)}"}`,
    });
    assert.equal(answer.status, 413);
  });

  test('an older worker is told to upgrade', async (t) => {
    const { px, proxy } = await useFaultyPx(t, {});
    const claims: Passing[] = [];
    proxy.onRequest((passing) => {
      if (passing.path.endsWith('/claim')) claims.push(passing);
    });
    await px.ok(['run', 'true']);
    const [claim] = claims;
    assert.ok(claim);
    const headers = { ...claim.headers, [PROTOCOL_HEADER]: '0' };
    const answer = await proxy.forward({ ...claim, headers });
    assert.equal(answer.status, 426, answer.body.toString());
  });

  test('a newer database is refused and left as it is', async (t) => {
    const px = usePx(t);
    await px.ok(['run', 'true']);
    await px.ok(['server', 'stop']);
    const db = new Database(join(px.home, 'px.db'));
    db.pragma('user_version = 99');
    db.close();
    await refuses(px, ['run', 'true'], /newer/i);
  });
});

describe('a home of its own', () => {
  test('two homes are two control planes that know nothing of each other', async (t) => {
    const [one, two] = [usePx(t), makePx()];
    t.after(() => two.close());
    mkdirSync(join(one.project, 'sub'));
    writeFileSync(join(one.project, 'sub', 'file'), 'x');
    await one.ok(['run', 'true']);
    await two.ok(['run', 'true']);
    assert.notEqual(one.server().url, two.server().url);
    assert.equal((await two.api().call('jobs')).items.length, 1);
  });
});
