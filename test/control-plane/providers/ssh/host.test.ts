import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf } from '../../../../control-plane/providers/ssh/fingerprint.ts';
import { parseHost } from '../../../../control-plane/providers/ssh/host.ts';

test('a host is read as people write it for ssh', () => {
  assert.deepEqual(parseHost('alpha'), { host: 'alpha' });
  assert.deepEqual(parseHost('root@10.0.0.5'), { host: '10.0.0.5', user: 'root' });
  const whole = { host: '10.0.0.6', user: 'deploy', port: 2222 };
  assert.deepEqual(parseHost('deploy@10.0.0.6:2222'), whole);
  assert.deepEqual(parseHost('[fe80::1]:22'), { host: 'fe80::1', port: 22 });
  assert.deepEqual(parseHost('root@fe80::1'), { host: 'fe80::1', user: 'root' });
});

test('what is no host, or would be an option of ssh, is refused', () => {
  for (const text of [
    '',
    'root@',
    '@a',
    'a b',
    'a:0',
    'a:65536',
    'a:x',
    '-oProxyCommand=x',
    '-l@a',
  ]) {
    assert.throws(() => parseHost(text), /Expected a host like/, text);
  }
});

test('a fingerprint is the one that ssh shows', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDyZJEX7p311+XhfO08CR/3GSXYdZ8lX31qJr7hqhjP7';
  assert.equal(
    fingerprintOf(key),
    'SHA256:Wpu19UTbRhJGIZUKsfU8XNALzMre1F30esAB06yERXA (ssh-ed25519)',
  );
});
