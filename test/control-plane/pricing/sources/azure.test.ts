import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { azureRetail } from '../../../../control-plane/pricing/sources/azure-retail.ts';
import { azureType } from '../../../../control-plane/pricing/sources/azure-sizes.ts';
import { azureAccount, azureShelf } from '../../../emulators/pricing/azure.ts';
import { startCloud } from '../../../emulators/pricing/server.ts';
import type { Cleanup } from '../../../helpers/control-plane.ts';
import { contextOf, readSource } from '../../../helpers/pricing.ts';

const read = async (t: Cleanup, accounts = {}) => {
  const cloud = await startCloud(t, azureShelf());
  return { cloud, listing: await readSource(azureRetail, contextOf(cloud, accounts), ['eastus']) };
};

describe("Azure's retail prices", () => {
  test('take the lowest plain price of a size, and the spot price by its name', async (t) => {
    const { listing } = await read(t);
    const found = listing.offers.filter(({ type }) => type.name === 'Standard_D4s_v5');
    assert.deepEqual(
      found.map(({ price, spotPrice, place }) => [price, spotPrice, place.region]),
      [[0.192, 0.0384, 'eastus']],
    );
  });

  test('are read page by page from the host that was asked, whatever the next link says', async (t) => {
    const { cloud } = await read(t);
    const skips = cloud.requests.map((each) => new URL(each, cloud.url).searchParams.get('$skip'));
    assert.deepEqual(skips, [null, '7', '14', null]);
    const [first = ''] = cloud.requests;
    assert.match(
      decodeURIComponent(first),
      /priceType eq 'Consumption' and armRegionName eq 'eastus'/,
    );
  });

  test('leave out sizes whose names do not tell what they are', async (t) => {
    const { listing } = await read(t);
    assert.deepEqual(listing.skipped, ['Standard_M416ms_v2']);
  });

  test('bring the price of a GB of disk', async (t) => {
    const { listing } = await read(t);
    assert.deepEqual(listing.rates, [
      { cloud: 'azure', region: 'eastus', name: 'disk_gb_month', usd: 4.8 / 64 },
    ]);
  });

  test('go by Resource SKUs with an account: vCPUs available, not those of the parent', async (t) => {
    const { listing } = await read(t, azureAccount);
    const type = (name: string) => listing.offers.find((each) => each.type.name === name)?.type;
    assert.equal(type('Standard_E4-2ads_v5')?.vcpus, 2);
    assert.equal(type('Standard_E4-2ads_v5')?.localDiskGb, 150);
    assert.equal(type('Standard_M416ms_v2')?.memoryGib, 11_400);
    assert.deepEqual(
      [type('Standard_NC24ads_A100_v4')?.gpuName, type('Standard_NC24ads_A100_v4')?.gpuCount],
      ['A100', 1],
    );
    assert.ok(listing.skipped.includes('Standard_D4ps_v5'));
  });

  test('are refused where an item lacks its price, or a size its name', async (t) => {
    const answer = (value: unknown) => () => ({
      type: 'application/json',
      body: JSON.stringify(value),
    });
    const cloud = await startCloud(t, azureShelf());
    cloud.shelf['/api/retail/prices'] = answer({ Items: [{ armSkuName: 'Standard_D4s_v5' }] });
    await assert.rejects(readSource(azureRetail, contextOf(cloud), ['eastus']), {
      code: 'price_source_failed',
      message: /Items\.0\.retailPrice/,
    });
    cloud.shelf['/subscriptions/sub-1/providers/Microsoft.Compute/skus'] = answer({
      value: [{ resourceType: 'virtualMachines' }],
    });
    await assert.rejects(readSource(azureRetail, contextOf(cloud, azureAccount), ['eastus']), {
      message: /value\.0\.name/,
    });
  });

  test('cover a group of regions, and one that is not on the list yet', async (t) => {
    const cloud = await startCloud(t, azureShelf());
    const open = (regions: string[]) => azureRetail.open(contextOf(cloud), regions);
    assert.ok((await open(['eu'])).parts.includes('westeurope'));
    assert.ok(!(await open(['eu'])).parts.includes('uksouth'));
    assert.deepEqual((await open(['southeastus5'])).parts, ['southeastus5']);
    assert.equal((await open(['any'])).whole, true);
  });
});

describe('the name of an Azure size', () => {
  const shape = (name: string) => {
    const type = azureType(name);
    return type === null ? null : [type.vcpus, type.memoryGib, type.arch];
  };

  const sizes: [string, [number, number, string] | null][] = [
    ['Standard_D4s_v5', [4, 16, 'x86_64']],
    ['Standard_D4ls_v5', [4, 8, 'x86_64']],
    ['Standard_D4ps_v5', [4, 16, 'arm64']],
    ['Standard_E4-2ads_v5', [2, 32, 'x86_64']],
    ['Standard_E96as_v5', [96, 672, 'x86_64']],
    ['Standard_DS3_v2', [4, 14, 'x86_64']],
    ['Standard_F8s_v2', [8, 16, 'x86_64']],
    ['Standard_F8ams_v6', [8, 64, 'x86_64']],
    ['Standard_B2ts_v2', [2, 1, 'x86_64']],
    ['Standard_L8s_v3', [8, 64, 'x86_64']],
    ['Standard_NC24ads_A100_v4', [24, 220, 'x86_64']],
    ['Standard_M416ms_v2', null],
    ['Basic_A0', null],
  ];
  for (const [name, expected] of sizes) {
    test(`${name} is ${expected?.join(' ') ?? 'not told'}`, () => {
      assert.deepEqual(shape(name), expected);
    });
  }

  test('tells burstable sizes and previous generations', () => {
    const flag = (name: string) => [azureType(name)?.burstable, azureType(name)?.prevGen];
    assert.deepEqual(flag('Standard_B2s'), [true, true]);
    assert.deepEqual(flag('Standard_B2s_v2'), [true, false]);
    assert.deepEqual(flag('Standard_D2_v2_Promo'), [false, true]);
    assert.deepEqual(flag('Standard_D2s_v7'), [false, false]);
  });
});
