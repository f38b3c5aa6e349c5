import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RankedOffer } from '../../../protocol/messages/pricing.ts';
import { type PxHome, pxHome } from '../../helpers/px-home.ts';

const PLAIN = {
  ...{ cloud: 'gcp', region: 'us-central1', zone: '', instance_type: 'plain', vcpus: '4' },
  ...{ memory_gib: '16', arch: 'x86_64', burstable: '0', bare_metal: '0', gpu_name: '' },
  ...{ gpu_count: '0', prev_gen: '0', price: '0.2', spot_price: '', as_of: '2026-08-01' },
  ...{ source: 'a list', local_disk_gb: '0', spot_as_of: '', interruption: '' },
};
type Column = keyof typeof PLAIN;

/** A column, what the file says, and what JSON gives back. */
const CASES: readonly [Column, string, unknown][] = [
  ['cloud', ' AWS ', 'aws'],
  ['region', 'mars-north1', 'mars-north1'],
  ['zone', 'us-central1-f', 'us-central1-f'],
  ['instance_type', '"odd, ""type"""', 'odd, "type"'],
  ['vcpus', ' 0.25', 0.25],
  ['memory_gib', '961.5', 961.5],
  ['arch', 'arm64', 'arm64'],
  ['burstable', '1', true],
  ['bare_metal', '1', true],
  ['gpu_name', 'nvidia-l4', 'nvidia-l4'],
  ['gpu_count', '0.125', 0.125],
  ['prev_gen', '1', true],
  ['price', '0.123456789012', 0.123456789012],
  ['price', '', null],
  ['price', '-1', -1],
  ['price', '0', 0],
  ['spot_price', '0.0471', 0.0471],
  ['spot_price', '0', 0],
  ['as_of', '2026-08-01T12:00:00Z', '2026-08-01T12:00:00Z'],
  ['as_of', '2019-02-28', '2019-02-28'],
  ['source', '"negotiated, ünïcode"', 'negotiated, ünïcode'],
  ['local_disk_gb', '375.5', 375.5],
  ['spot_as_of', '2026-08-02', '2026-08-02'],
  ['interruption', '<5%', '<5%'],
];

describe('px pricing ls --json', () => {
  const undos: (() => unknown)[] = [];
  let at: PxHome;
  let offers: RankedOffer[];

  before(async () => {
    at = pxHome({ after: (undo) => void undos.push(undo) });
    const columns = Object.keys(PLAIN) as Column[];
    // A row of its own for each, told apart by its type where that is not what it is about.
    const lines = CASES.map(([column, value], index) => {
      const row = { ...PLAIN, instance_type: `t${index}`, [column]: value };
      return columns.map((name) => row[name]).join(',');
    });
    writeFileSync(join(at.cwd, 'list.csv'), `${[columns.join(','), ...lines].join('\n')}\n`);
    assert.equal((await at.px(['pricing', 'import', join(at.cwd, 'list.csv')])).status, 0);
    offers = await at.pxJson('pricing ls --all --limit 1000');
  });

  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });

  test('gives back every row', () => {
    assert.equal(offers.length, CASES.length);
  });

  for (const [index, [column, text, value]] of CASES.entries()) {
    test(`gives back \`${column}\` ${text || 'that is empty'}`, () => {
      const name = column === 'instance_type' ? value : `t${index}`;
      const offer = offers.find(({ instance_type }) => instance_type === name);
      assert.equal(offer?.[column], value);
    });
  }

  test('and CSV, which imports to the same rows', async () => {
    const path = join(at.cwd, 'again.csv');
    const { stdout } = await at.px('pricing ls --all --limit 1000');
    writeFileSync(path, stdout);
    assert.equal((await at.px(['pricing', 'import', path])).status, 0);
    const again: RankedOffer[] = await at.pxJson('pricing ls --all --limit 1000');
    assert.deepEqual(again, offers);
  });
});
