import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gcpBilling } from '../../../../control-plane/pricing/sources/gcp-billing.ts';
import { gcpList } from '../../../../control-plane/pricing/sources/gcp-list.ts';
import { GCP_LIST, gcpAccount, gcpShelf } from '../../../emulators/pricing/gcp.ts';
import { startCloud } from '../../../emulators/pricing/server.ts';
import type { Cleanup } from '../../../helpers/control-plane.ts';
import { contextOf, readSource, TODAY } from '../../../helpers/pricing.ts';

const readList = async (t: Cleanup, text = GCP_LIST) => {
  const cloud = await startCloud(t, {
    '/machine-types-regions.csv': () => ({ type: 'text/csv', body: text }),
  });
  return readSource(gcpList, contextOf(cloud));
};

const near = (found: number | null | undefined, expected: number): void =>
  assert.ok(Math.abs((found ?? Number.NaN) - expected) < 1e-9, `${found} is not ${expected}`);

describe('the public list of Google', () => {
  test('gives a row for each zone, and one for the region where it names none', async (t) => {
    const { offers } = await readList(t);
    const places = offers.map(({ type, place }) => `${type.name} ${place.region} ${place.zone}`);
    assert.deepEqual(places.slice(0, 2), [
      'e2-standard-4 us-central1 us-central1-a',
      'e2-standard-4 us-central1 us-central1-b',
    ]);
    assert.ok(places.includes('g2-standard-4 europe-west4 '));
    assert.equal(offers[0]?.origin.asOf, TODAY);
  });

  test('reads both prices, and takes zero for none', async (t) => {
    const { offers } = await readList(t);
    const of = (name: string) => offers.find(({ type }) => type.name === name);
    assert.equal(of('e2-standard-4')?.price, 0.134012);
    assert.equal(of('e2-standard-4')?.spotPrice, 0.0536);
    assert.equal(of('c3-standard-192-metal')?.spotPrice, null);
    assert.equal(of('x4-megamem-960-metal')?.price, null);
  });

  test('knows shared cores, Arm, bare metal, GPUs and previous generations', async (t) => {
    const { offers } = await readList(t);
    const traits = Object.fromEntries(offers.map(({ type }) => [type.name, type]));
    assert.equal(traits['e2-micro']?.burstable, true);
    assert.equal(traits['e2-standard-4']?.burstable, false);
    assert.equal(traits['c4a-standard-4']?.arch, 'arm64');
    assert.equal(traits['n1-standard-4']?.prevGen, true);
    assert.equal(traits['c3-standard-192-metal']?.bareMetal, true);
    assert.equal(traits['g2-standard-4']?.gpuName, 'nvidia-l4');
    assert.equal(traits['g2-standard-4']?.gpuCount, 1);
  });

  test('takes a month for 730 hours where there is no price by the hour', async (t) => {
    const { offers } = await readList(t, 'name,region,vCpus,memoryGiB,month\na-1,r1,2,4,73\n');
    near(offers[0]?.price, 0.1);
    assert.equal(offers[0]?.type.memoryGib, 4);
  });

  test('names the column that is missing', async (t) => {
    await assert.rejects(readList(t, 'name,region,vCpus,hour\na,b,1,2\n'), {
      code: 'price_source_failed',
      message: /no column `memoryGiB`/,
    });
  });
});

describe("Google's billing catalog", () => {
  const read = async (t: Cleanup) => {
    const cloud = await startCloud(t, gcpShelf());
    return { cloud, listing: await readSource(gcpBilling, contextOf(cloud, gcpAccount())) };
  };

  test('adds vCPU times core to GiB times RAM of the family, in the zone of the machine', async (t) => {
    const { listing } = await read(t);
    const [american, belgian] = listing.offers.filter(({ type }) => type.name === 'n2-standard-8');
    near(american?.price, 8 * 0.031611 + 32 * 0.004237);
    near(american?.spotPrice, 8 * 0.0077 + 32 * 0.001);
    near(belgian?.price, 8 * 0.034 + 32 * 0.0046);
    assert.equal(belgian?.spotPrice, null);
    assert.deepEqual(belgian?.place, {
      cloud: 'gcp',
      region: 'europe-west1',
      zone: 'europe-west1-b',
    });
  });

  test('bills a quarter, a half and one vCPU of the shared-core e2 machines', async (t) => {
    const { listing } = await read(t);
    const price = (name: string) => listing.offers.find(({ type }) => type.name === name)?.price;
    near(price('e2-micro'), 0.25 * 0.021811 + 1 * 0.002923);
    near(price('e2-small'), 0.5 * 0.021811 + 2 * 0.002923);
    near(price('e2-medium'), 1 * 0.021811 + 4 * 0.002923);
  });

  test('finds families whose SKUs have another name, and adds the premium of m2', async (t) => {
    const { listing } = await read(t);
    const price = (name: string) => listing.offers.find(({ type }) => type.name === name)?.price;
    near(price('c2-standard-4'), 4 * 0.03398 + 16 * 0.00455);
    near(price('c4a-standard-4'), 4 * 0.0359 + 16 * 0.0041);
    near(price('m1-ultramem-40'), 40 * 0.0348 + 961 * 0.0051);
    near(price('m2-ultramem-208'), 208 * (0.0348 + 0.008) + 5888 * (0.0051 + 0.001));
  });

  test('adds GPUs and local SSDs, and leaves a machine out whose GPU has no SKU', async (t) => {
    const { listing } = await read(t);
    const offer = (name: string) => listing.offers.find(({ type }) => type.name === name);
    near(offer('g2-standard-4')?.price, 4 * 0.02499 + 16 * 0.00293 + 0.5604);
    near(offer('c3-standard-4-lssd')?.price, 4 * 0.03398 + 16 * 0.00456 + (375 * 0.08) / 730);
    assert.equal(offer('a3-highgpu-8g'), undefined);
    assert.deepEqual(listing.skipped, ['a3-highgpu-8g', 'n9-standard-4']);
  });

  test('leaves deprecated machines out', async (t) => {
    const { listing } = await read(t);
    assert.ok(!listing.offers.some(({ type }) => type.name === 'n2-old-1'));
  });

  test('takes disk and address from the same SKUs, the last tier of each', async (t) => {
    const { listing } = await read(t);
    const rates = listing.rates.map(({ region, name, usd }) => `${region} ${name} ${usd}`);
    assert.deepEqual(rates.sort(), [
      ' address_hour 0.005',
      ' address_spot_hour 0.0025',
      'europe-west1 disk_gb_month 0.11',
      'us-central1 disk_gb_month 0.1',
    ]);
  });

  test('asks for every page of both lists with the token', async (t) => {
    const { cloud } = await read(t);
    const pages = cloud.requests.map((each) =>
      new URL(each, cloud.url).searchParams.get('pageToken'),
    );
    assert.deepEqual(pages, [null, '10', '20', '30', null, '2']);
  });

  test('is refused where a machine lacks its cores', async (t) => {
    const path = '/compute/v1/projects/demo-project/aggregated/machineTypes';
    const items = { 'zones/us-central1-a': { machineTypes: [{ name: 'n2-standard-8' }] } };
    const body = JSON.stringify({ items });
    const cloud = await startCloud(t, {
      ...gcpShelf(),
      [path]: () => ({ type: 'application/json', body }),
    });
    await assert.rejects(readSource(gcpBilling, contextOf(cloud, gcpAccount())), {
      code: 'price_source_failed',
      message: /machineTypes\.0\.guestCpus/,
    });
  });

  test('keeps the words of a refusal, and does not try again', async (t) => {
    const cloud = await startCloud(t, gcpShelf('another'));
    await assert.rejects(readSource(gcpBilling, contextOf(cloud, gcpAccount())), {
      code: 'price_source_failed',
      message: /401.*invalid credentials/,
    });
    assert.equal(cloud.requests.length, 1);
  });
});
