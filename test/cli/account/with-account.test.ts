import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { withAccount } from '../../../cli/account/with-account.ts';
import { readSecrets } from '../../../control-plane/accounts/read-secrets.ts';
import { ACCOUNT_HEADER, decodeAccount } from '../../../protocol/accounts.ts';

const SECRET = 'do-not-tell';

const referenceIn = (headers: Record<string, string>) => {
  const reference = decodeAccount(headers[ACCOUNT_HEADER] ?? null);
  assert.ok(reference !== null);
  return reference;
};

test('a request carries names, paths and proxies of the environment, and nothing else of it', async () => {
  const env = {
    HOME: '/home/ünïcode',
    GOOGLE_APPLICATION_CREDENTIALS: '/keys/gcp.json',
    AWS_PROFILE: 'work',
    AWS_REGION: '',
    https_proxy: 'http://proxy:3128',
    HTTPS_PROXY: 'http://other:3128',
    NO_PROXY: '.corp',
    ALL_PROXY: 'socks5://x',
    PASSWORD: SECRET,
    CLOUDSDK_AUTH_ACCESS_TOKEN: SECRET,
  };
  const headers = await withAccount({ env }, async (given) => given);
  assert.match(headers[ACCOUNT_HEADER] ?? '', /^[\x20-\x7e]+$/);
  assert.deepEqual(referenceIn(headers), {
    env: {
      HOME: '/home/ünïcode',
      GOOGLE_APPLICATION_CREDENTIALS: '/keys/gcp.json',
      AWS_PROFILE: 'work',
      HTTPS_PROXY: 'http://proxy:3128',
      NO_PROXY: '.corp',
    },
  });
});

test('a secret is handed over on a socket that only this user reaches, while the command runs', async () => {
  const env = { HOME: '/home/u', DIGITALOCEAN_TOKEN: SECRET, AWS_SECRET_ACCESS_KEY: 'too' };
  const path = await withAccount({ env }, async (headers) => {
    assert.ok(!(headers[ACCOUNT_HEADER] ?? '').includes(SECRET));
    const { secrets = '' } = referenceIn(headers);
    assert.equal(statSync(dirname(secrets)).mode & 0o777, 0o700);
    const both = await Promise.all([readSecrets(secrets), readSecrets(secrets)]);
    const expected = { DIGITALOCEAN_TOKEN: SECRET, AWS_SECRET_ACCESS_KEY: 'too' };
    assert.deepEqual(both, [expected, expected]);
    return secrets;
  });
  assert.equal(existsSync(dirname(path)), false);
  await assert.rejects(readSecrets(path), {
    code: 'bad_request',
    message: /were not handed over/,
  });
});

test('the socket goes with a command that fails, too', async () => {
  let path = '';
  const failing = withAccount({ env: { DIGITALOCEAN_TOKEN: SECRET } }, async (headers) => {
    path = referenceIn(headers).secrets ?? '';
    throw new Error('failed');
  });
  await assert.rejects(failing, { message: 'failed' });
  assert.equal(existsSync(dirname(path)), false);
});

test('a header that is none is refused with what belongs there', () => {
  const wrong = ['%', 'null', '{"env":{"PASSWORD":"x"}}', '{"env":{"HOME":1}}', '{}'];
  for (const header of wrong) {
    assert.throws(() => decodeAccount(header), { code: 'bad_request', message: /x-px-account/ });
  }
  assert.equal(decodeAccount(null), null);
});
