import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OfferRow } from '../../../../control-plane/pricing/offer.ts';
import { awsList } from '../../../../control-plane/pricing/sources/aws-list.ts';
import {
  AWS_COLUMNS,
  AWS_LOCAL_COLUMNS,
  awsCsv,
  awsMachine,
  awsShelf,
} from '../../../emulators/pricing/aws.ts';
import { ec2Shelf } from '../../../emulators/pricing/ec2.ts';
import { type Shelf, startCloud } from '../../../emulators/pricing/server.ts';
import type { Cleanup } from '../../../helpers/control-plane.ts';
import { awsAccount, contextOf, readSource } from '../../../helpers/pricing.ts';

const read = async (t: Cleanup, regions: readonly string[] | null, over: Shelf = {}) => {
  const cloud = await startCloud(t, { ...awsShelf(), ...over });
  return readSource(awsList, contextOf(cloud), regions);
};

const VIRGINIA = '/offers/v1.0/aws/AmazonEC2/current/us-east-1/index.csv';

describe("AWS's price list", () => {
  test('has every region that anybody can use, Local Zones among them', async (t) => {
    const { parts, whole } = await read(t, null);
    assert.deepEqual(parts, ['eu-central-1', 'us-east-1', 'us-west-2-lax-1']);
    assert.equal(whole, true);
  });

  test('reads regions and groups alone where they are named', async (t) => {
    const { parts, whole } = await read(t, ['eu']);
    assert.deepEqual(parts, ['eu-central-1']);
    assert.equal(whole, false);
  });

  test('finds the one plain Linux price among its look-alikes', async (t) => {
    const { offers } = await read(t, ['us-east-1']);
    const prices = offers
      .filter(({ type }) => type.name === 'm7i.xlarge')
      .map(({ price }) => price);
    assert.deepEqual(prices, [0.2016]);
  });

  test('reads thousands of GiB and local disks', async (t) => {
    const { offers } = await read(t, ['us-east-1']);
    const type = (name: string) => offers.find((each) => each.type.name === name)?.type;
    assert.equal(type('x1e.32xlarge')?.memoryGib, 3904);
    assert.equal(type('x1e.32xlarge')?.localDiskGb, 3840);
    assert.equal(type('i4i.xlarge')?.localDiskGb, 937);
    assert.equal(type('m7i.xlarge')?.localDiskGb, 0);
  });

  test('goes by its own list of generations: currentGeneration says Yes of m4', async (t) => {
    const { offers } = await read(t, ['us-east-1']);
    const previous = offers.filter(({ type }) => type.prevGen).map(({ type }) => type.name);
    assert.deepEqual(previous, ['m4.xlarge']);
  });

  test('knows Graviton, credits, metal, GPUs and accelerators', async (t) => {
    const { offers } = await read(t, ['us-east-1']);
    const type = (name: string) => offers.find((each) => each.type.name === name)?.type;
    assert.equal(type('m7g.xlarge')?.arch, 'arm64');
    assert.equal(type('g5.xlarge')?.arch, 'x86_64');
    assert.equal(type('t3.xlarge')?.burstable, true);
    assert.equal(type('m5.metal')?.bareMetal, true);
    assert.deepEqual([type('g5.xlarge')?.gpuName, type('g5.xlarge')?.gpuCount], ['A10G', 1]);
    assert.deepEqual([type('inf2.xlarge')?.gpuName, type('inf2.xlarge')?.gpuCount], ['accel', 1]);
  });

  test('adds spot prices by the old names of regions, and interruptions by label', async (t) => {
    const { offers } = await read(t, ['us-east-1', 'eu-central-1']);
    const spot = offers.map(({ type, place, spotPrice, interruption }) => ({
      name: `${place.region} ${type.name}`,
      spotPrice,
      interruption,
    }));
    const of = (name: string) => spot.find((each) => each.name === name);
    assert.deepEqual(of('us-east-1 m7i.xlarge'), {
      ...{ name: 'us-east-1 m7i.xlarge', spotPrice: 0.078, interruption: '5-10%' },
    });
    assert.equal(of('us-east-1 m4.xlarge')?.spotPrice, null);
    assert.equal(of('eu-central-1 m7i.xlarge')?.spotPrice, 0.0911);
  });

  const spotOf = (offers: readonly OfferRow[], region: string) =>
    offers.find(({ type, place }) => type.name === 'm7i.xlarge' && place.region === region)
      ?.spotPrice;

  test('prefers the spot prices that an account sees, the lowest zone of a region', async (t) => {
    const cloud = await startCloud(t, { ...awsShelf(), ...ec2Shelf(['us-east-1']) });
    const { offers } = await readSource(awsList, contextOf(cloud, await awsAccount()), [
      'us',
      'eu',
    ]);
    assert.equal(spotOf(offers, 'us-east-1'), 0.081);
    assert.equal(offers.find(({ type }) => type.name === 't3.xlarge')?.spotPrice, 0.061);
    const asked = cloud.requests.filter((path) => path.startsWith('/ec2/'));
    assert.equal(asked.length, 3, 'regions, and two pages of prices');
    // The account has no Frankfurt: its API would refuse, and the public price is good enough.
    assert.equal(spotOf(offers, 'eu-central-1'), 0.0911);
  });

  test('takes the public spot prices, and says so, where the account may not see them', async (t) => {
    const shelf = { ...awsShelf(), ...ec2Shelf(['us-east-1'], { blind: true }) };
    const cloud = await startCloud(t, shelf);
    const notices: string[] = [];
    const context = contextOf(cloud, await awsAccount(), notices);
    const { offers } = await readSource(awsList, context, ['us-east-1']);
    assert.equal(spotOf(offers, 'us-east-1'), 0.078);
    assert.match(notices.join(), /the public ones.*You are not authorized to perform/);
  });

  test('takes the price of a GB of gp3 from the same file, and of no other disk', async (t) => {
    const { rates } = await read(t, ['us-east-1']);
    assert.deepEqual(rates, [
      { cloud: 'aws', region: 'us-east-1', name: 'disk_gb_month', usd: 0.08 },
    ]);
  });

  test('reads a Local Zone, whose file lacks columns', async (t) => {
    const { offers } = await read(t, ['us-west-2-lax-1']);
    assert.equal(AWS_COLUMNS.length - AWS_LOCAL_COLUMNS.length, 5);
    assert.deepEqual(
      offers.map(({ type, price }) => [type.name, price]),
      [['m7i.xlarge', 0.2419]],
    );
  });

  test('names a column that it cannot do without', async (t) => {
    const columns = AWS_COLUMNS.filter((column) => column !== 'PricePerUnit');
    const body = awsCsv([awsMachine('m7i.xlarge', '1')], columns);
    const over = { [VIRGINIA]: () => ({ type: 'text/csv', body }) };
    await assert.rejects(read(t, ['us-east-1'], over), {
      code: 'price_source_failed',
      message: /no column `PricePerUnit`/,
    });
  });
});
