import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessOf } from '../../../cli/cluster/access.ts';

test('what is stored of a caller names its account, and holds no password of a proxy', () => {
  const account = { HOME: '/home/u', SSH_AUTH_SOCK: '/run/agent', CLOUDSDK_CONFIG: '/home/u/g' };
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  const proxies = Object.fromEntries(names.map((name) => [name, 'http://u:password@proxy:3128']));
  const { env } = accessOf(
    { ...account, ...proxies, AWS_PROFILE: '' },
    { acceptNewHostKeys: false },
  );
  assert.deepEqual(env, account);
});
