import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openCatalogDb } from '../../../control-plane/db/open-catalog.ts';
import { insertRevision, revisionsIn } from '../../../control-plane/store/pricing-revisions.ts';
import { insertPrice, pricesOf } from '../../../control-plane/store/pricing-rows.ts';
import type { SyncEvent } from '../../../protocol/messages/pricing.ts';
import { awsCsv, awsMachine, awsShelf } from '../../emulators/pricing/aws.ts';
import { azureShelf } from '../../emulators/pricing/azure.ts';
import { GCP_LIST, gcpAccount, gcpShelf } from '../../emulators/pricing/gcp.ts';
import { type Cloud, startCloud } from '../../emulators/pricing/server.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { connected, createTestPricing, queryOf, type TestPricing } from '../../helpers/pricing.ts';

const DAY_MS = 86_400_000;

const everything = (t: Cleanup): Promise<Cloud> =>
  startCloud(t, { ...gcpShelf(), ...awsShelf(), ...azureShelf() });

const last = (events: readonly SyncEvent[]) =>
  events.filter(({ t }) => t === 'done' || t === 'failed').map(({ t, source }) => `${source} ${t}`);

const rowsOf = async (pricing: TestPricing, query = 'all=1&limit=1000'): Promise<string[]> => {
  const { items } = await pricing.offers(queryOf(query));
  return items
    .map(({ catalog, region, instance_type }) => `${catalog} ${region} ${instance_type}`)
    .sort();
};

describe('a sync', () => {
  test('fetches every list that needs no account, and says how far it is', async (t) => {
    const pricing = createTestPricing(t, await everything(t));
    const events = await pricing.synced();
    assert.deepEqual(last(events).sort(), ['aws-list done', 'azure-retail done', 'gcp-list done']);
    const progress = events.findLast((each) => each.t === 'progress' && each.source === 'aws-list');
    assert.ok(progress?.t === 'progress');
    assert.deepEqual([progress.done, progress.parts], [3, 3]);
    assert.ok(progress.bytes > 0);
    const clouds = new Set(
      (await pricing.offers(queryOf('all=1'))).items.map(({ cloud }) => cloud),
    );
    assert.deepEqual([...clouds].sort(), ['aws', 'azure', 'gcp']);
  });

  test('replaces the rows of its own source, and of the regions it was for', async (t) => {
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud);
    await pricing.synced({ providers: ['aws', 'gcp'] });
    const before = await rowsOf(pricing);
    const path = '/offers/v1.0/aws/AmazonEC2/current/eu-central-1/index.csv';
    const body = awsCsv([awsMachine('m8i.xlarge', '0.2')]);
    cloud.shelf[path] = () => ({ type: 'text/csv', body });
    await pricing.synced({ providers: ['aws'], regions: ['eu'] });
    const kept = before.filter((row) => !row.startsWith('aws-list eu-central-1'));
    assert.deepEqual(await rowsOf(pricing), [...kept, 'aws-list eu-central-1 m8i.xlarge'].sort());
  });

  test('that fails in its last part leaves the old catalog, and says why', async (t) => {
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud);
    await pricing.synced({ providers: ['aws'] });
    const before = await rowsOf(pricing);
    cloud.troubles.push({ path: /us-west-2-lax-1/, kind: 'refused', times: 1 });
    const events = await pricing.synced({ providers: ['aws'] });
    const failed = events.at(-1);
    assert.ok(failed?.t === 'failed');
    assert.equal(failed.code, 'price_source_failed');
    assert.match(failed.message, /Permission denied/);
    assert.deepEqual(await rowsOf(pricing), before);
    const source = pricing.sources().find(({ name }) => name === 'aws-list');
    assert.match(source?.problem ?? '', /Permission denied/);
  });

  test('goes on with the parts that a failed one had finished', async (t) => {
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud);
    cloud.troubles.push({ path: /us-west-2-lax-1/, kind: 'refused', times: 1 });
    await pricing.synced({ providers: ['aws'] });
    assert.equal(pricing.sources().find(({ name }) => name === 'aws-list')?.offers, 0);
    cloud.requests.length = 0;
    assert.deepEqual(last(await pricing.synced({ providers: ['aws'] })), ['aws-list done']);
    const fetched = cloud.requests.filter((path) => path.endsWith('.csv'));
    assert.deepEqual(fetched, ['/offers/v1.0/aws/AmazonEC2/current/us-west-2-lax-1/index.csv']);
    assert.equal((await rowsOf(pricing)).length, 12);
  });

  test('refuses a list without an offer: it would empty the catalog', async (t) => {
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud);
    await pricing.synced({ providers: ['gcp'] });
    const [header = ''] = GCP_LIST.split('\n');
    cloud.shelf['/machine-types-regions.csv'] = () => ({ type: 'text/csv', body: `${header}\n` });
    const events = await pricing.synced({ providers: ['gcp'] });
    assert.deepEqual(last(events), ['gcp-list failed']);
    assert.ok((await rowsOf(pricing)).length > 0);
  });

  test('says of a list that is one file that it lacks the region, and leaves the catalog', async (t) => {
    const pricing = createTestPricing(t, await everything(t));
    const events = await pricing.synced({ providers: ['gcp'], regions: ['us-centrall1'] });
    assert.deepEqual(events.slice(-2), [
      { t: 'notice', source: 'gcp-list', message: 'It has no region us-centrall1.' },
      { t: 'done', source: 'gcp-list', offers: 0, skipped: 0 },
    ]);
    assert.equal(pricing.sources().find(({ name }) => name === 'gcp-list')?.offers, 0);
    const found = await pricing.synced({ providers: ['gcp'], regions: ['eu'] });
    assert.ok(found.every(({ t: kind }) => kind !== 'notice'));
    assert.ok((await rowsOf(pricing)).length > 0);
  });

  test('asks again for a list that had no offer', async (t) => {
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud);
    const path = '/machine-types-regions.csv';
    const whole = cloud.shelf[path] ?? assert.fail();
    const [header = ''] = GCP_LIST.split('\n');
    cloud.shelf[path] = () => ({ type: 'text/csv', body: `${header}\n` });
    assert.deepEqual(last(await pricing.synced({ providers: ['gcp'] })), ['gcp-list failed']);
    cloud.shelf[path] = whole;
    cloud.requests.length = 0;
    assert.deepEqual(last(await pricing.synced({ providers: ['gcp'] })), ['gcp-list done']);
    assert.equal(cloud.requests.filter((each) => each.startsWith(path)).length, 1);
  });

  test('survives busy servers and cuts, and says that it tries again', async (t) => {
    const cloud = await everything(t);
    cloud.troubles.push(
      { path: /api\/retail/, kind: 'busy', times: 3 },
      { path: /index\.csv/, kind: 'cut', times: 3 },
      { path: /spot\.json/, kind: 'broken', times: 2 },
    );
    const pricing = createTestPricing(t, cloud);
    const events = await pricing.synced({ regions: ['us'] });
    assert.deepEqual(last(events).sort(), ['aws-list done', 'azure-retail done', 'gcp-list done']);
    assert.equal(events.filter((event) => event.t === 'retry').length, 8);
  });

  test('reads four regions at once, and no more', async (t) => {
    const regions = ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-west-1', 'sa-east-1'];
    const body = awsCsv([awsMachine('m7i.xlarge', '0.2')]);
    const lists = regions.map((region) => [
      `/offers/v1.0/aws/AmazonEC2/current/${region}/index.csv`,
      () => ({ type: 'text/csv', body }),
    ]);
    const cloud = await startCloud(t, {
      ...awsShelf(),
      ...Object.fromEntries(lists),
      '/offers/v1.0/aws/AmazonEC2/current/region_index.json': () => ({
        type: 'application/json',
        body: JSON.stringify({ regions: Object.fromEntries(regions.map((name) => [name, {}])) }),
      }),
    });
    cloud.hold = /index\.csv/;
    const pricing = createTestPricing(t, cloud);
    const syncing = pricing.synced({ providers: ['aws'] });
    const settle = async (count: number): Promise<void> => {
      while (cloud.held.length < count) await new Promise((resolve) => setImmediate(resolve));
      // A fifth would come at once: nothing else is there to wait for.
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(cloud.held.length, count);
    };
    await settle(4);
    cloud.held.shift()?.();
    await settle(4);
    cloud.held.shift()?.();
    await settle(4);
    for (const serve of cloud.held) serve();
    const events = await syncing;
    assert.deepEqual(last(events), ['aws-list done']);
    assert.deepEqual(
      await rowsOf(pricing),
      regions.map((region) => `aws-list ${region} m7i.xlarge`).sort(),
    );
  });

  test('ends when its caller goes, and leaves the catalog as it was', async (t) => {
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud);
    cloud.troubles.push({ path: /index\.csv/, kind: 'silent', times: 9 });
    const stop = new AbortController();
    const syncing = pricing.synced({ providers: ['aws'] }, stop.signal);
    while (!cloud.requests.some((path) => path.endsWith('.csv'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop.abort(new Error('the caller has gone'));
    assert.deepEqual(last(await syncing), ['aws-list failed']);
    assert.equal(pricing.sources().find(({ name }) => name === 'aws-list')?.offers, 0);
  });

  test('runs beside another of the same source, one after the other', async (t) => {
    const pricing = createTestPricing(t, await everything(t));
    const both = await Promise.all([pricing.synced(), pricing.synced()]);
    for (const events of both) {
      assert.deepEqual(last(events).sort(), [
        'aws-list done',
        'azure-retail done',
        'gcp-list done',
      ]);
    }
    const rows = await rowsOf(pricing);
    assert.equal(new Set(rows).size, rows.length - 2, 'e2 has two zones twice');
  });

  test('refuses a provider that has no list, or whose list needs an account', async (t) => {
    const pricing = createTestPricing(t);
    await assert.rejects(pricing.synced({ providers: ['hetzner'] }), { code: 'bad_request' });
    await assert.rejects(pricing.synced({ providers: ['digitalocean'] }), {
      message: /need an account/,
      hint: /doctl auth init, or export DIGITALOCEAN_TOKEN/,
    });
  });
});

describe('who knows an offer best', () => {
  const ours = (price: number, zone = '') =>
    `cloud,region,zone,instance_type,vcpus,memory_gib,price\ngcp,us-central1,${zone},e2-standard-4,4,16,${price}\n`;

  const priceOf = async (pricing: TestPricing) => {
    const { items } = await pricing.offers(queryOf('instance_type=e2-standard-4&all=1'));
    return items.map(({ catalog, zone, price }) => `${catalog} ${zone} ${price}`).sort();
  };

  test('is the import, however dear, and the list where the import is silent', async (t) => {
    const pricing = createTestPricing(t, await everything(t));
    await pricing.synced({ providers: ['gcp'] });
    await pricing.importCsv(ours(9, 'us-central1-a'));
    assert.deepEqual(await priceOf(pricing), [
      'gcp-list us-central1-b 0.134012',
      'import us-central1-a 9',
    ]);
    await pricing.importCsv(ours(8));
    assert.deepEqual(await priceOf(pricing), ['import  8']);
  });

  test('is the list again once the import has no price', async (t) => {
    const pricing = createTestPricing(t, await everything(t));
    await pricing.synced({ providers: ['gcp'] });
    await pricing.importCsv(ours(9).replace(',9\n', ',\n'));
    const found = await priceOf(pricing);
    assert.ok(found.includes('gcp-list us-central1-a 0.134012'), found.join());
  });

  test('is the API with an account rather than the public list', async (t) => {
    const cloud = await everything(t);
    const folder = createTestPricing(t, cloud);
    await folder.synced({ providers: ['gcp'] });
    folder.close();
    const pricing = createTestPricing(t, cloud, {
      dataDir: folder.folder,
      openAccounts: connected(gcpAccount()),
    });
    await pricing.synced({ providers: ['gcp'] });
    const { items } = await pricing.offers(queryOf('instance_type=e2-micro&all=1'));
    assert.deepEqual(items.map(({ catalog, zone }) => `${catalog} ${zone}`).sort(), [
      'gcp-billing us-central1-a',
      'gcp-list us-central1-b',
    ]);
  });

  test('is told after a sync where an import stands in its place', async (t) => {
    const pricing = createTestPricing(t, await everything(t));
    const header = 'cloud,region,instance_type,vcpus,memory_gib,price\n';
    await pricing.importCsv(`${header}gcp,us-central1,e2-standard-4,4,16,0.1\n`, 'negotiated');
    const events = await pricing.synced({ providers: ['gcp'] });
    // One price for the region stands for those of its two zones.
    const message = 'Overridden: 2 offers by the import [negotiated].';
    assert.deepEqual(events.at(-1), { t: 'notice', source: 'gcp-list', message });
    const others = await pricing.synced({ providers: ['aws'] });
    assert.equal(others.at(-1)?.t, 'done');
  });

  test('is the newer of two imports', async (t) => {
    const clock = createManualClock();
    const pricing = createTestPricing(t, null, { clock });
    await pricing.importCsv(ours(1), 'b');
    clock.advance(1000);
    await pricing.importCsv(ours(2), 'a');
    assert.deepEqual(await priceOf(pricing), ['a  2']);
    clock.advance(1000);
    await pricing.importCsv(ours(3), 'b');
    assert.deepEqual(await priceOf(pricing), ['b  3']);
  });
});

describe('the refresh in the background', () => {
  test('syncs again what is older than a day, and only what was synced before', async (t) => {
    const clock = createManualClock();
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud, { clock });
    const { signal } = new AbortController();
    await pricing.synced({ providers: ['aws'], regions: ['us-east-1'] });
    cloud.requests.length = 0;
    await pricing.refresh(signal);
    assert.equal(cloud.requests.length, 0);
    clock.advance(DAY_MS + 1);
    await pricing.refresh(signal);
    const fetched = cloud.requests.filter((path) => path.endsWith('index.csv'));
    assert.deepEqual(fetched, ['/offers/v1.0/aws/AmazonEC2/current/us-east-1/index.csv']);
    assert.ok(
      !cloud.requests.some((path) => path.includes('retail') || path.includes('machine-types')),
    );
  });

  test('that fails says how old the prices are, and tries again after an hour', async (t) => {
    const clock = createManualClock();
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud, { clock });
    const { signal } = new AbortController();
    await pricing.synced({ providers: ['gcp'] });
    clock.advance(3 * DAY_MS);
    cloud.troubles.push({ path: /machine-types/, kind: 'refused', times: 100 });
    await pricing.refresh(signal);
    const { notices, winner } = await pricing.best(queryOf('cpus=4'));
    assert.equal(winner.instance_type, 'e2-standard-4');
    assert.match(notices.join(), /Prices of gcp-list are 3 days old\..*Permission denied/);
    const asked = cloud.requests.length;
    await pricing.refresh(signal);
    assert.equal(cloud.requests.length, asked);
    clock.advance(DAY_MS / 12);
    await pricing.refresh(signal);
    assert.ok(cloud.requests.length > asked);
  });

  test('sweeps what a killed import left behind, once it is sure to be dead', async (t) => {
    const clock = createManualClock();
    const pricing = createTestPricing(t, null, { clock });
    await pricing.importCsv('cloud,region,instance_type,vcpus,memory_gib,price\ngcp,r,a,1,1,1\n');
    const db = openCatalogDb(join(pricing.folder, 'catalog.db'));
    t.after(() => db.$client.close());
    const { signal } = new AbortController();
    const abandon = (): number => {
      const id = insertRevision(db, 'killed', '', clock.now());
      insertPrice(db, id, {
        place: 1,
        type: 1,
        origin: 1,
        price: 1,
        spot: null,
        interruption: null,
      });
      return id;
    };
    const first = abandon();
    await pricing.refresh(signal);
    assert.equal(pricesOf(db, first).length, 1);
    clock.advance(DAY_MS / 100);
    await pricing.refresh(signal);
    assert.deepEqual([pricesOf(db, first), revisionsIn(db, 'writing')], [[], []]);
    const second = abandon();
    clock.advance(DAY_MS / 100);
    await assert.rejects(pricing.importCsv('cloud\n'), { code: 'bad_input' });
    assert.deepEqual([pricesOf(db, second), revisionsIn(db, 'writing')], [[], []]);
  });

  test('makes no catalog where nobody has asked for prices', async (t) => {
    const { existsSync } = await import('node:fs');
    const pricing = createTestPricing(t);
    await pricing.refresh(new AbortController().signal);
    assert.equal(existsSync(`${pricing.folder}/catalog.db`), false);
  });
});
