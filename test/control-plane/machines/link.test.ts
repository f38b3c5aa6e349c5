import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../../control-plane/machines/link.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

/** Stands in for ssh: the first forward over its connection fails, those after it get a port. */
const SSH = `#!/bin/sh
for word in "$@"; do case $word in -O) control=1 ;; esac; done
if [ -z "$control" ]; then echo px:os=Linux; echo px:ready=1; exec cat; fi
if [ -e tried ]; then echo 4321; else : >tried; echo 'it stands still' >&2; exit 255; fi
`;

const connectToIt = async (t: Cleanup) => {
  const folder = mkdtempSync(join(tmpdir(), 'px-link-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'ssh'), SSH.replaceAll('tried', join(folder, 'tried')));
  chmodSync(join(folder, 'ssh'), 0o755);
  const link = await connect({
    ...{ clock: createManualClock(), env: { PATH: `${folder}:/usr/bin:/bin` } },
    ...{ folder, name: 'one', nodeId: 'n1', aliveSeconds: 10, onLine: () => undefined },
    target: { host: 'alpha', hostKeys: ['ssh-ed25519 AAAA'] },
  });
  t.after(async () => {
    link.close();
    await link.ended;
  });
  return link;
};

test('a port that could not be opened is opened by the next try, and once', async (t) => {
  const link = await connectToIt(t);
  await assert.rejects(link.forward(1), { code: 'provider_refused' });
  const opened = link.forward(1);
  assert.equal(link.forward(1), opened);
  assert.equal(await opened, 4321);
});
