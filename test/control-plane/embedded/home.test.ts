import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLock } from '../../../control-plane/db/lock.ts';
import { cleanEnv } from '../../../control-plane/embedded/clean-env.ts';
import { prepareHome } from '../../../control-plane/embedded/home.ts';
import { isCopiedHome, placeFile } from '../../../control-plane/embedded/place.ts';
import { parseEnv } from '../../../control-plane/env.ts';
import { faultPointOf } from '../../../control-plane/fault-point.ts';
import { readSettings } from '../../../control-plane/settings-file.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';

const EXT4 = 0xef53;

const folder = (t: Cleanup): string => {
  const path = mkdtempSync(join(tmpdir(), 'px-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

const code = (wanted: string, words: RegExp) => (cause: unknown) =>
  cause instanceof PxError && cause.code === wanted && words.test(cause.message);

test('PX_HOME is made for its owner alone, also where it was open before', (t) => {
  const home = join(folder(t), 'deep', 'home');
  prepareHome(home, null, () => EXT4);
  assert.equal(statSync(home).mode & 0o777, 0o700);
  const open = join(folder(t), 'open');
  mkdirSync(open, { mode: 0o755 });
  prepareHome(open, null, () => EXT4);
  assert.equal(statSync(open).mode & 0o777, 0o700);
});

test('a network file system is refused by its name', (t) => {
  const home = folder(t);
  const types = [
    [0x6969, 'NFS'],
    [-11317950, 'CIFS'],
    [0xfe534d42, 'SMB2'],
    [0x01021997, '9P'],
  ] as const;
  for (const [type, name] of types) {
    assert.throws(
      () => prepareHome(home, null, () => type),
      code('bad_config', new RegExp(`on ${name}`)),
    );
  }
});

test('a PX_HOME of another user is refused', (t) => {
  const home = folder(t);
  const stranger = statSync(home).uid + 1;
  assert.throws(
    () => prepareHome(home, stranger, () => EXT4),
    code('bad_config', /belongs to user/),
  );
});

test('the lock has one holder, and is free after it', (t) => {
  const path = join(folder(t), 'server.lock');
  const first = acquireLock(path);
  assert.ok(first !== null);
  assert.equal(acquireLock(path), null);
  first.release();
  const second = acquireLock(path);
  assert.ok(second !== null);
  second.release();
});

test('settings are read over their defaults', (t) => {
  const home = folder(t);
  assert.equal(readSettings(home).leaseMs, 30_000);
  writeFileSync(join(home, 'settings.json'), '{"leaseMs": 5000, "lifetimeMs": null}');
  const settings = readSettings(home);
  assert.deepEqual([settings.leaseMs, settings.lifetimeMs], [5000, null]);
  assert.equal(settings.retainMs, 30 * 86_400_000);
});

test('wrong settings are named with what was expected and got', (t) => {
  const home = folder(t);
  const wrong = [
    ['{"leaseMs": "5s"}', /Expected a whole number for leaseMs, got `5s` \(string\)/],
    ['{"leaseMs": -1}', /from 0 on for leaseMs, got `-1`/],
    ['{"lease": 5}', /unknown key lease/],
    ['[', /Expected JSON/],
  ] as const;
  for (const [text, words] of wrong) {
    writeFileSync(join(home, 'settings.json'), text);
    assert.throws(() => readSettings(home), code('bad_config', words));
  }
});

test('a server keeps of its starter what it needs, and no secret', () => {
  const env = cleanEnv({
    PATH: '/bin',
    HOME: '/root',
    TZ: 'UTC',
    https_proxy: 'http://proxy',
    PX_HOME: '/px',
    PX_JOB: 'j1',
    PX_ATTEMPT: '1',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: '/evil.so',
  });
  assert.deepEqual(Object.keys(env), ['PATH', 'HOME', 'TZ', 'https_proxy', 'PX_HOME']);
});

test('the environment names the home and a fault', () => {
  assert.equal(parseEnv({ HOME: '/home/u' }).home, '/home/u/.px');
  assert.equal(parseEnv({ HOME: '/home/u', PX_HOME: '/data' }).home, '/data');
  assert.deepEqual(parseEnv({ PX_FAULT_POINT: 'before-commit:3' }).fault, {
    point: 'before-commit',
    count: 3,
  });
  assert.equal(parseEnv({}).fault, null);
  assert.throws(() => parseEnv({ PX_FAULT_POINT: 'x y' }), code('bad_config', /PX_FAULT_POINT/));
});

test('a fault point kills at its count, and other points never', () => {
  let killed = 0;
  const fault = { point: 'before-commit', count: 3 };
  const pass = faultPointOf({ fault, faultFile: null }, () => {
    killed += 1;
  });
  assert.ok(pass !== null);
  for (const name of ['before-commit', 'before-reply', 'before-commit', 'before-reply']) pass(name);
  assert.equal(killed, 0);
  pass('before-commit');
  pass('before-commit');
  assert.equal(killed, 1);
});

test('a fault point that stands in a file counts from when it does, and strikes once', (t) => {
  const faultFile = join(folder(t), 'fault');
  let killed = 0;
  const pass = faultPointOf({ fault: null, faultFile }, () => {
    killed += 1;
  });
  pass?.('after-write');
  writeFileSync(faultFile, 'after-write:2');
  pass?.('after-write');
  assert.equal(killed, 0);
  for (let more = 0; more < 5; more++) pass?.('after-write');
  assert.equal(killed, 1);
  assert.equal(existsSync(faultFile), false);
});

test('a PX_HOME knows that it was copied, moved it is the same, and its owner may say so', (t) => {
  const root = folder(t);
  const at = (name: string) => join(root, name);
  mkdirSync(at('one'));
  assert.deepEqual([isCopiedHome(at('one'), 'm'), isCopiedHome(at('one'), 'm')], [false, false]);
  cpSync(at('one'), at('two'), { recursive: true, preserveTimestamps: true });
  assert.equal(isCopiedHome(at('two'), 'm'), true);
  renameSync(at('one'), at('three'));
  assert.equal(isCopiedHome(at('three'), 'm'), false);
  assert.equal(isCopiedHome(at('three'), 'a clone of the machine'), true);
  rmSync(placeFile(at('two')));
  assert.equal(isCopiedHome(at('two'), 'm'), false);
});
