import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCatalogDb } from '../../../control-plane/db/open-catalog.ts';
import { revisionsIn } from '../../../control-plane/store/pricing-revisions.ts';
import { pxHome } from '../../helpers/px-home.ts';

/** A second of reading: the kill falls into it. */
const ROWS = 60_000;

test('an import starts a control plane again that is killed, and goes on', async (t) => {
  const at = pxHome(t);
  const list = join(at.cwd, 'list.csv');
  const rows = Array.from({ length: ROWS }, (_, row) => `gcp,r${row % 40},t${row},4,16,0.1`);
  writeFileSync(list, `cloud,region,instance_type,vcpus,memory_gib,price\n${rows.join('\n')}\n`);
  await at.px('pricing sources');
  const { pid } = (await at.pxJson('server status')) as { pid: number };
  const importing = at.px(['pricing', 'import', list]);
  const db = openCatalogDb(join(at.home, 'catalog.db'));
  t.after(() => db.$client.close());
  while (revisionsIn(db, 'writing').length === 0) await new Promise(setImmediate);
  process.kill(pid, 'SIGKILL');
  const { status, stderr } = await importing;
  assert.deepEqual(
    [status, stderr],
    [
      0,
      `<px> The control plane has gone. Starting it again, and going on.\n<px> Imported ${ROWS} offers as [import].\n`,
    ],
  );
});
