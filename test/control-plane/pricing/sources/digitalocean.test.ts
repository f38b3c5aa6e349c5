import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digitalOcean } from '../../../../control-plane/pricing/sources/digitalocean.ts';
import { digitalOceanAccount, digitalOceanShelf } from '../../../emulators/pricing/digitalocean.ts';
import { startCloud } from '../../../emulators/pricing/server.ts';
import { contextOf, readSource } from '../../../helpers/pricing.ts';

describe("DigitalOcean's sizes", () => {
  test('are read from all pages, a row for each region', async (t) => {
    const cloud = await startCloud(t, digitalOceanShelf());
    const { offers, skipped } = await readSource(
      digitalOcean,
      contextOf(cloud, digitalOceanAccount),
    );
    assert.deepEqual(
      offers.map(({ type, place, price }) => `${type.name} ${place.region} ${price}`),
      [
        's-2vcpu-4gb nyc1 0.03571',
        's-2vcpu-4gb fra1 0.03571',
        'c-4 nyc1 0.125',
        'c-4 fra1 0.125',
        'g-4vcpu-16gb nyc1 0.1875',
        'gpu-h100x1-80gb nyc1 3.39',
        'gpu-h100x1-80gb fra1 3.39',
      ],
    );
    assert.deepEqual(skipped, ['m-1vcpu-8gb']);
    assert.equal(cloud.requests.length, 3);
  });

  test('share their cores where they are basic, and bring their disk', async (t) => {
    const cloud = await startCloud(t, digitalOceanShelf());
    const { offers } = await readSource(digitalOcean, contextOf(cloud, digitalOceanAccount));
    const [basic, , dedicated] = offers;
    assert.equal(basic?.type.burstable, true);
    assert.equal(dedicated?.type.burstable, false);
    assert.equal(dedicated?.type.localDiskGb, 100);
    assert.equal(offers.at(-1)?.type.gpuName, 'nvidia_h100');
  });

  test('are refused where a size lacks its price', async (t) => {
    const body = JSON.stringify({ sizes: [{ slug: 's-1', memory: 1, vcpus: 1, disk: 1 }] });
    const cloud = await startCloud(t, {
      '/v2/sizes': () => ({ type: 'application/json', body }),
    });
    await assert.rejects(readSource(digitalOcean, contextOf(cloud, digitalOceanAccount)), {
      code: 'price_source_failed',
      message: /sizes\.0\.price_hourly/,
    });
  });

  test('are refused with the words of DigitalOcean where the token is wrong', async (t) => {
    const cloud = await startCloud(t, digitalOceanShelf());
    const accounts = { digitalocean: { headers: async () => ({ authorization: 'Bearer wrong' }) } };
    await assert.rejects(readSource(digitalOcean, contextOf(cloud, accounts)), {
      code: 'price_source_failed',
      message: /401.*Unable to authenticate you/,
    });
  });
});
