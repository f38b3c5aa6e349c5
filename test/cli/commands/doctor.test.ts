import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Client } from '../../../protocol/client.ts';
import { PxError } from '../../../protocol/errors.ts';
import { VERSION } from '../../../protocol/version.ts';
import { runPx, tempDir } from '../../helpers/run-px.ts';

/** A control plane that answers what `doctor` asks. */
const answering = (version: string, problem: string | null = null): Client => ({
  call: async (name) => {
    const status = problem === null ? 'ok' : 'red';
    const health = { status, version, protocol: 1, problem };
    const answers = { health, status: { version }, connected: { providers: ['gcp'] } };
    assert.ok(name in answers);
    return answers[name as keyof typeof answers] as never;
  },
});

const doctor = (home: string, words = 'doctor', client = answering(VERSION)) =>
  runPx(words, { env: { PX_HOME: home }, connect: async () => client });

test('a machine that is well has only ok lines and status 0', async (t) => {
  const { stdout, status, stderr } = await doctor(join(tempDir(t), 'new/home'));
  assert.equal(stderr, '');
  assert.equal(status, 0, stdout);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 12);
  assert.deepEqual(
    // A machine that is only to run things itself may have no ssh.
    lines.filter((line) => !line.startsWith('ok ') && !line.startsWith('warn  ssh ')),
    [],
  );
  assert.match(stdout, /^ok {4}accounts {4}Credentials for gcp$/m);
});

test('a home that others may read is a warning with the command that closes it', async (t) => {
  const home = join(tempDir(t), 'home');
  mkdirSync(home);
  chmodSync(home, 0o755);
  const { stdout, status } = await doctor(home);
  assert.equal(status, 0);
  assert.ok(
    stdout.includes(
      `warn  home        ${home} is open to other users (mode 755). chmod 700 '${home}'`,
    ),
  );
});

test('a home that cannot be made fails, and the rest is looked at all the same', async (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  const { stdout, status } = await doctor(join(file, 'home'), 'doctor --json');
  assert.equal(status, 125);
  const findings = JSON.parse(stdout);
  assert.equal(findings.length, 12);
  const home = findings.find(({ check }: { check: string }) => check === 'home');
  assert.equal(home.state, 'fail');
  assert.equal(home.advice, 'Set PX_HOME to a folder of yours.');
  assert.equal(findings.at(-1).state, 'ok');
});

test('a control plane that does not answer fails with its own hint', async (t) => {
  const refused = new PxError('newer_database', 'The database is newer.', { hint: 'Update px.' });
  const connect = () => Promise.reject(refused);
  const { stdout, status } = await runPx('doctor', { env: { PX_HOME: tempDir(t) }, connect });
  assert.equal(status, 125);
  assert.match(stdout, /^fail {2}server {6}The database is newer\. Update px\.$/m);
});

test('a red control plane fails, one of another version is a warning', async (t) => {
  const home = tempDir(t);
  const red = await doctor(home, 'doctor', answering(VERSION, 'the disk is full'));
  assert.match(red.stdout, /^fail {2}server .*the disk is full/m);
  const old = await doctor(home, 'doctor', answering('0.0.1'));
  assert.match(old.stdout, /^warn {2}server .*0\.0\.1.*px server stop/m);
  assert.equal(old.status, 0);
});

test('a PATH without git is a warning, without mkfifo a failure', async (t) => {
  const env = { PX_HOME: tempDir(t), PATH: '/nonexistent' };
  const connect = async () => answering(VERSION);
  const { stdout, status } = await runPx('doctor', { env, connect });
  assert.match(stdout, /^warn {2}git /m);
  assert.match(stdout, /^fail {2}mkfifo /m);
  assert.equal(status, 125);
});
