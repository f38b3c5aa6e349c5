import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal } from '../../../control-plane/machines/refusal.ts';

const target = { host: '10.0.0.6', user: 'deploy', port: 2222, hostKeys: [] };

test("a refusal has the machine's name, the words of ssh and what to try", () => {
  const error = refusal(target, 'deploy@10.0.0.6: Permission denied (publickey).\r\n');
  assert.equal(error.code, 'provider_refused');
  assert.equal(error.message, 'deploy@10.0.0.6:2222: ssh says: Permission denied (publickey).');
  assert.equal(error.hint, 'Try it by hand: ssh -p 2222 -l deploy 10.0.0.6 true');
  assert.match(refusal(target, '').message, /it ended without a word/);
});

test('a key that changed is told from one that a jump host lacks', () => {
  const words = `@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
The fingerprint for the ED25519 key sent by the remote host is
SHA256:Wpu19UTbRhJGIZUKsfU8XNALzMre1F30esAB06yERXA.
Host key verification failed.`;
  const changed = refusal(target, words);
  assert.equal(changed.code, 'host_key_changed');
  assert.match(changed.message, /it sent SHA256:Wpu19UTbRhJGIZUKsfU8XNALzMre1F30esAB06yERXA/);
  assert.match(changed.hint ?? '', /ssh-keygen -R '\[10\.0\.0\.6\]:2222'/);
  const jump = refusal(
    target,
    'Host key verification failed.\nConnection closed by UNKNOWN port 65535',
  );
  assert.equal(jump.code, 'provider_refused');
  assert.match(jump.hint ?? '', /every machine on the way/);
});
