import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openCatalogDb } from '../../../control-plane/db/open-catalog.ts';
import { readMarket } from '../../../control-plane/pricing/read-market.ts';
import { revisionsIn } from '../../../control-plane/store/pricing-revisions.ts';
import { awsCsv, awsMachine } from '../../emulators/pricing/aws.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { makeFolder } from '../../helpers/pricing.ts';

const SYNCER = fileURLToPath(new URL('./syncer.ts', import.meta.url));
const REGIONS = ['ca-west-1', 'eu-north-1', 'eu-west-1', 'us-east-1', 'us-east-2', 'us-west-2'];
const TYPES = 400;
const KILLS = 16;
const FOREVER = 1_000_000;

interface Lists {
  url: string;
  /** Regions that were asked for since the start. */
  asked: number;
}

/** Six regions whose prices are the same number throughout, a higher one at each request. */
const startLists = async (t: Cleanup): Promise<Lists> => {
  const lists: Lists = { url: '', asked: 0 };
  const server = createServer(({ url = '' }, response) => {
    const isList = url.endsWith('.csv');
    response.writeHead(200, { 'content-type': isList ? 'text/csv' : 'application/json' });
    if (isList) {
      const price = `${++lists.asked}.0000000000`;
      const machines = Array.from({ length: TYPES }, (_, n) => awsMachine(`m7i.${n}xlarge`, price));
      Readable.from(awsCsv(machines)).pipe(response);
    } else if (url.endsWith('region_index.json')) {
      response.end(
        JSON.stringify({ regions: Object.fromEntries(REGIONS.map((name) => [name, {}])) }),
      );
    } else response.end('{"config":{"regions":[]},"ranges":[],"spot_advisor":{}}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  lists.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return lists;
};

const startSyncer = async (
  folder: string,
  { url }: Lists,
  times: number,
): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [SYNCER, folder, url, String(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(child.stdout !== null);
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  assert.match(String(line), /ready/);
  return child;
};

/** The one price of each region. Fails where a region is a mixture, or is not whole, or some are missing. */
const look = (folder: string): { prices: Map<string, number>; unfinished: number } => {
  const db = openCatalogDb(join(folder, 'catalog.db'));
  try {
    const { catalog } = readMarket(db);
    const unfinished = ['writing', 'staged', 'old'] as const;
    const prices = new Map<string, number>();
    const counts = new Map<string, number>();
    for (let row = 0; row < catalog.size; row++) {
      const region = catalog.places[catalog.place[row] ?? 0]?.region ?? '';
      const price = catalog.price[row] ?? Number.NaN;
      assert.equal(prices.get(region) ?? price, price, `${region} is of two syncs`);
      prices.set(region, price);
      counts.set(region, (counts.get(region) ?? 0) + 1);
    }
    for (const [region, count] of counts) assert.equal(count, TYPES, region);
    assert.ok(prices.size === 0 || prices.size === REGIONS.length, [...prices.keys()].join());
    return {
      prices,
      unfinished: unfinished.flatMap((state) => revisionsIn(db, state)).length,
    };
  } finally {
    db.$client.close();
  }
};

describe('a sync under kill -9', () => {
  test('leaves every region whole and none older than before, whenever it strikes', async (t) => {
    const lists = await startLists(t);
    const folder = makeFolder(t);
    const first = await startSyncer(folder, lists, 2);
    const start = performance.now();
    await once(first, 'exit');
    // Kills fall before, into and behind the first syncs of each life.
    const life = 1.5 * (performance.now() - start);
    let { prices: before } = look(folder);
    let [struck, changed] = [0, 0];
    for (let kill = 0; kill < KILLS; kill++) {
      const child = await startSyncer(folder, lists, FOREVER);
      await delay((life * kill) / KILLS);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const { prices, unfinished } = look(folder);
      for (const [region, price] of prices) assert.ok(price >= (before.get(region) ?? 0), region);
      if (unfinished > 0) struck++;
      if (prices.get('us-east-1') !== before.get('us-east-1')) changed++;
      before = prices;
    }
    assert.ok(struck > KILLS / 4, `only ${struck} kills fell into a sync`);
    assert.ok(changed > 2, `only ${changed} lives had a whole sync`);
  });

  test('leaves whole what two control planes sync at once, and when one of them dies', async (t) => {
    const lists = await startLists(t);
    const folder = makeFolder(t);
    const steady = await startSyncer(folder, lists, 6);
    const exit = once(steady, 'exit');
    for (let kill = 0; kill < 3; kill++) {
      const other = await startSyncer(folder, lists, FOREVER);
      await delay(200);
      other.kill('SIGKILL');
      await once(other, 'exit');
      look(folder);
    }
    assert.deepEqual(await exit, [0, null]);
    assert.equal(look(folder).prices.size, REGIONS.length);
  });
});
