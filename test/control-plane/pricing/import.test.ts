import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createTestPricing, queryOf } from '../../helpers/pricing.ts';

const COLUMNS =
  'cloud,region,zone,instance_type,vcpus,memory_gib,arch,burstable,bare_metal,gpu_name,gpu_count,prev_gen,price,spot_price,as_of,source';

const line = (over: Record<string, string | number> = {}): string => {
  const cells: Record<string, string | number> = {
    ...{
      cloud: 'gcp',
      region: 'us-central1',
      zone: 'us-central1-a',
      instance_type: 'n2-standard-4',
    },
    ...{ vcpus: '4.0', memory_gib: '16.0', arch: 'x86_64', burstable: 0, bare_metal: 0 },
    ...{ gpu_name: '', gpu_count: 0, prev_gen: 0, price: '0.194236', spot_price: '0.0471' },
    ...{ as_of: '2026-07-30', source: '"a list, of sorts"' },
    ...over,
  };
  return COLUMNS.split(',')
    .map((column) => cells[column] ?? '')
    .join(',');
};

const file = (...lines: string[]): string => [COLUMNS, ...lines, ''].join('\n');

describe('importing a list', () => {
  test('gives every column back', async (t) => {
    const pricing = createTestPricing(t);
    await pricing.importCsv(
      file(line({ gpu_name: 'L4', gpu_count: 1, prev_gen: 1, burstable: 1 })),
    );
    const { items } = await pricing.offers(queryOf('all=1'));
    const [{ cloud, region, zone, instance_type, ...rest } = assert.fail()] = items;
    assert.deepEqual(
      { cloud, region, zone, instance_type },
      {
        cloud: 'gcp',
        region: 'us-central1',
        zone: 'us-central1-a',
        instance_type: 'n2-standard-4',
      },
    );
    const { vcpus, memory_gib, arch, burstable, bare_metal, gpu_name, gpu_count, prev_gen } = rest;
    assert.deepEqual(
      { vcpus, memory_gib, arch, burstable, bare_metal, gpu_name, gpu_count, prev_gen },
      {
        ...{ vcpus: 4, memory_gib: 16, arch: 'x86_64', burstable: true, bare_metal: false },
        ...{ gpu_name: 'L4', gpu_count: 1, prev_gen: true },
      },
    );
    const { price, spot_price, as_of, source, catalog } = rest;
    assert.deepEqual(
      { price, spot_price, as_of, source, catalog },
      {
        ...{ price: 0.194236, spot_price: 0.0471, as_of: '2026-07-30' },
        ...{ source: 'a list, of sorts', catalog: 'import' },
      },
    );
  });

  test('takes gzip by its content, and columns in any order', async (t) => {
    const pricing = createTestPricing(t);
    const text =
      'price,cloud,memory_gib,vcpus,instance_type,region,remark\n0.5,gcp,8,2,a-2,r1,hello\n';
    const reply = await pricing.importCsv(gzipSync(text));
    assert.deepEqual(reply, {
      ...{ source: 'import', offers: 1, repeated: 0, without_price: 0, replaced: 0 },
    });
    const { winner } = await pricing.best(queryOf('cpus=2'));
    assert.equal(winner.price, 0.5);
    assert.match(winner.as_of, /^\d{4}-\d\d-\d\d$/);
  });

  test('copes with a byte order mark, CRLF and empty lines', async (t) => {
    const pricing = createTestPricing(t);
    const text = `\uFEFF${file(line(), '', line({ zone: 'us-central1-b' }))}`.replaceAll(
      '\n',
      '\r\n',
    );
    assert.equal((await pricing.importCsv(text)).offers, 2);
  });

  test('keeps rows without a price, and ranks them never', async (t) => {
    const pricing = createTestPricing(t);
    const reply = await pricing.importCsv(
      file(line({ price: '', spot_price: '' }), line({ zone: 'b' })),
    );
    assert.equal(reply.without_price, 1);
    assert.equal((await pricing.offers(queryOf('all=1'))).items.at(-1)?.price, null);
    assert.equal((await pricing.offers(queryOf('cpus=1'))).items.length, 1);
  });

  test('counts a row that comes again; the last one stands', async (t) => {
    const pricing = createTestPricing(t);
    const reply = await pricing.importCsv(file(line(), line({ price: '0.5' })));
    assert.deepEqual([reply.offers, reply.repeated], [1, 1]);
    assert.equal((await pricing.best(queryOf(''))).winner.price, 0.5);
  });

  test('replaces what its own source had, and nothing else', async (t) => {
    const pricing = createTestPricing(t);
    await pricing.importCsv(file(line({ region: 'r1' }), line({ region: 'r2' })), 'ours');
    await pricing.importCsv(file(line({ region: 'r3' })), 'theirs');
    const { replaced } = await pricing.importCsv(file(line({ region: 'r4' })), 'ours');
    assert.equal(replaced, 2);
    const { items } = await pricing.offers(queryOf('all=1&sort=type'));
    assert.deepEqual(items.map(({ region, catalog }) => `${region} ${catalog}`).sort(), [
      'r3 theirs',
      'r4 ours',
    ]);
  });

  test('is exported as CSV that imports to the same catalog', async (t) => {
    const [first, second] = [createTestPricing(t), createTestPricing(t)];
    await first.importCsv(
      file(
        line(),
        line({ zone: 'b', price: '', spot_price: '' }),
        line({ zone: 'c', price: '-1' }),
      ),
    );
    const text = [...(await first.offersCsv(queryOf('all=1')))].join('');
    assert.ok(text.startsWith(`${COLUMNS},`));
    await second.importCsv(text);
    const all = async (pricing: typeof first) => (await pricing.offers(queryOf('all=1'))).items;
    assert.deepEqual(await all(second), await all(first));
  });

  test('refuses the name of a list', async (t) => {
    const pricing = createTestPricing(t);
    await assert.rejects(pricing.importCsv(file(line()), 'aws-list'), { code: 'bad_request' });
  });

  const refusals: [string, string | Uint8Array, RegExp][] = [
    ['an empty file', '', /it is empty/],
    ['a column that is missing', 'cloud,region\na,b\n', /no column `instance_type`/],
    [
      'a price that is no number',
      file(line(), line({ price: 'abc' })),
      /Line 3, column `price`: expected a number, got `abc`/,
    ],
    [
      'a flag that is none',
      file(line({ burstable: 'maybe' })),
      /Line 2, column `burstable`: expected 0 or 1/,
    ],
    [
      'an architecture that is none',
      file(line({ arch: 'sparc' })),
      /`arch`: expected x86_64 or arm64/,
    ],
    ['a row without a region', file(line({ region: '' })), /`region`: expected a value/],
    ['a negative number of vCPUs', file(line({ vcpus: -1 })), /`vcpus`: expected a number/],
    ['a machine without a core', file(line({ vcpus: 0 })), /Line 2, column `vcpus`: expected/],
    ['more cores than there are', file(line({ vcpus: '1e308' })), /Line 2, column `vcpus`: /],
    ['a price without an end', file(line({ price: '1e308' })), /Line 2, column `price`: /],
    ['a number that is not decimal', file(line({ memory_gib: '0x10' })), /got `0x10`/],
    ['a comma too many', file(line(), line({ price: '0,10' })), /Line 3: .* 16 cells.* got 17/],
    ['an unknown cloud', file(line({ cloud: 'oracle' })), /`cloud`: expected gcp, aws, azure, /],
    ['a day that was never', file(line({ as_of: '2026-02-30' })), /`as_of`: expected a date/],
    ['a date that is none', file(line({ as_of: 'yesterday' })), /`as_of`: expected a date/],
    ['a quote that does not end', `${COLUMNS}\n"gcp,us\n`, /is no CSV/],
    ['a gzip that is cut', gzipSync(file(line())).subarray(0, 60), /damaged gzip/],
  ];
  for (const [what, text, message] of refusals) {
    test(`refuses ${what}, and leaves the catalog as it was`, async (t) => {
      const pricing = createTestPricing(t);
      await pricing.importCsv(file(line({ region: 'before' })));
      await assert.rejects(pricing.importCsv(text), { code: 'bad_input', message });
      const { items } = await pricing.offers(queryOf('all=1'));
      assert.deepEqual(
        items.map(({ region }) => region),
        ['before'],
      );
    });
  }
});
