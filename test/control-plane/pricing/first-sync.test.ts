import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { awsShelf } from '../../emulators/pricing/aws.ts';
import { azureShelf } from '../../emulators/pricing/azure.ts';
import { gcpShelf } from '../../emulators/pricing/gcp.ts';
import { type Cloud, startCloud } from '../../emulators/pricing/server.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { createTestPricing, queryOf } from '../../helpers/pricing.ts';

const everything = (t: Cleanup): Promise<Cloud> =>
  startCloud(t, { ...gcpShelf(), ...awsShelf(), ...azureShelf() });

describe('the first query on an empty catalog', () => {
  test('fetches what was asked for, and says so', async (t) => {
    const cloud = await everything(t);
    const pricing = createTestPricing(t, cloud);
    const reply = await pricing.best(queryOf('cpus=4&provider=aws&region=eu-central-1'));
    assert.equal(reply.winner.instance_type, 'm7i.xlarge');
    assert.deepEqual(reply.notices, ['There were no prices yet: fetched aws-list.']);
    assert.ok(!cloud.requests.some((path) => path.includes('us-east-1')));
    assert.deepEqual((await pricing.best(queryOf('cpus=4'))).notices, []);
  });

  test('waits for no list for ever, and goes on fetching it', async (t) => {
    const cloud = await everything(t);
    const clock = createManualClock();
    const pricing = createTestPricing(t, cloud, { clock });
    cloud.hold = /machine-types/;
    const asked = assert.rejects(pricing.best(queryOf('cpus=4&provider=gcp')), {
      code: 'catalog_empty',
      message: /still fetching gcp-list/,
      hint: /Ask again in a while/,
    });
    while (cloud.held.length === 0) await new Promise(setImmediate);
    clock.advance(20_000);
    await asked;
    assert.ok(pricing.sources().some(({ name, syncing }) => name === 'gcp-list' && syncing));
  });

  test('without a network names import', async (t) => {
    const pricing = createTestPricing(t);
    await assert.rejects(pricing.best(queryOf('cpus=4')), {
      code: 'catalog_empty',
      hint: /px pricing import/,
    });
  });

  test('names import where all that was asked for needs an account', async (t) => {
    const pricing = createTestPricing(t);
    await assert.rejects(pricing.best(queryOf('provider=digitalocean')), {
      code: 'catalog_empty',
      message: /need an account/,
    });
  });
});
