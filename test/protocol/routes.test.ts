import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_STATUS, errorFromBody, got, PxError } from '../../protocol/errors.ts';
import { makeId } from '../../protocol/ids.ts';
import { routes } from '../../protocol/routes.ts';
import { VERSION } from '../../protocol/version.ts';

test('no two routes share method and path', () => {
  const keys = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(keys, [...new Set(keys)]);
});

test('only health answers without a token', () => {
  const open = Object.entries(routes).filter(([, { role }]) => role === 'public');
  assert.deepEqual(
    open.map(([name]) => name),
    ['health'],
  );
});

test("worker routes take a worker's token and no other route does", () => {
  for (const { path, role } of Object.values(routes)) {
    assert.equal(path.startsWith('/v1/worker/'), role === 'node' || role === 'join', path);
  }
});

test('the version is that of package.json', () => {
  const url = new URL('../../package.json', import.meta.url);
  assert.equal(JSON.parse(readFileSync(url, 'utf8')).version, VERSION);
});

test('an error keeps code, message, hint and details over the wire', () => {
  const error = new PxError('disk_full', 'No space.', { hint: 'Free some.', details: { free: 0 } });
  const back = errorFromBody(JSON.parse(JSON.stringify(error.toBody())));
  assert.deepEqual(back.toBody(), error.toBody());
  assert.equal(back.status, ERROR_STATUS.disk_full);
});

test('a code that only a newer control plane knows becomes internal', () => {
  assert.equal(
    errorFromBody({ error: { code: 'new', message: 'm', hint: null } }).code,
    'internal',
  );
});

test('what was got is shown with its type', () => {
  assert.equal(got('8 apples'), '`8 apples` (string)');
  assert.equal(got(-1), '`-1` (number)');
  assert.equal(got(null), '`null` (null)');
  assert.equal(got([1]), '`[1]` (list)');
});

test('ids fit their pattern whatever the random bytes are', () => {
  assert.match(makeId('j', new Uint8Array(10).fill(255)), /^j[0-9a-z]{10}$/);
});
