import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openCatalogDb } from '../../../control-plane/db/open-catalog.ts';
import { readMarket } from '../../../control-plane/pricing/read-market.ts';
import { revisionsIn } from '../../../control-plane/store/pricing-revisions.ts';
import { makeFolder } from '../../helpers/pricing.ts';

const IMPORTER = fileURLToPath(new URL('./importer.ts', import.meta.url));
const ROWS = 8000;
const KILLS = 20;
const FOREVER = 1_000_000;

const startImporter = (folder: string, times: number, seed: number): ChildProcess =>
  spawn(process.execPath, [IMPORTER, folder, String(ROWS), String(times), String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const ready = async (child: ChildProcess): Promise<void> => {
  assert.ok(child.stdout !== null);
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  assert.match(String(line), /ready/);
};

/** How long an import takes on this machine today, so that kills fall before, into and behind several. */
const importMs = async (folder: string): Promise<number> => {
  const child = startImporter(folder, 2, 1);
  await ready(child);
  const start = performance.now();
  await once(child, 'exit');
  return (performance.now() - start) / 2;
};

/** The one price that all rows have, and how many there are. Fails where the catalog is a mixture. */
const look = (folder: string): { price: number | null; abandoned: number } => {
  const db = openCatalogDb(join(folder, 'catalog.db'));
  try {
    const { catalog } = readMarket(db);
    const abandoned = revisionsIn(db, 'writing').length + revisionsIn(db, 'old').length;
    if (catalog.size === 0) return { price: null, abandoned };
    assert.equal(catalog.size, ROWS);
    assert.equal(new Set(catalog.price).size, 1, 'rows of two imports');
    return { price: catalog.price[0] ?? null, abandoned };
  } finally {
    db.$client.close();
  }
};

describe('the catalog under kill -9', () => {
  test('is always one whole import, and never an older one than before', async (t) => {
    const folder = makeFolder(t);
    const life = 3 * (await importMs(folder));
    let last = 0;
    let struck = 0;
    const prices = new Set<number | null>();
    for (let kill = 0; kill < KILLS; kill++) {
      const child = startImporter(folder, FOREVER, last + 1);
      await ready(child);
      await delay((life * kill) / KILLS);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const { price, abandoned } = look(folder);
      assert.ok((price ?? 0) >= last, `${price} after ${last}`);
      last = price ?? 0;
      prices.add(price);
      if (abandoned > 0) struck++;
    }
    assert.ok(struck > KILLS / 4, `only ${struck} kills fell into an import`);
    assert.ok(prices.size > 2, `only ${prices.size} imports were whole`);
  });

  test('gives the room of abandoned imports back', async (t) => {
    const folder = makeFolder(t);
    const child = startImporter(folder, 5, 1);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    const size = statSync(join(folder, 'catalog.db')).size;
    assert.ok(size < 3 * ROWS * 30, `${size} bytes for ${ROWS} rows`);
  });

  test('is whole with two importers at once, and when one of them dies', async (t) => {
    const folder = makeFolder(t);
    const steady = startImporter(folder, 12, 1000);
    const steadyExit = once(steady, 'exit');
    for (let kill = 0; kill < 4; kill++) {
      const other = startImporter(folder, FOREVER, 1);
      await ready(other);
      await delay(250);
      other.kill('SIGKILL');
      await once(other, 'exit');
      look(folder);
    }
    assert.deepEqual(await steadyExit, [0, null]);
    const one = startImporter(folder, 4, 1);
    const another = startImporter(folder, 4, 100);
    assert.deepEqual(await Promise.all([once(one, 'exit'), once(another, 'exit')]), [
      [0, null],
      [0, null],
    ]);
    const { price } = look(folder);
    assert.ok(price === 4 || price === 103, String(price));
  });
});
