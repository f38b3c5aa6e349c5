import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { csvLine } from '../../protocol/csv.ts';
import { regionGroup } from '../../protocol/regions.ts';

describe('the group of a region', () => {
  const groups: [string, string, string | null][] = [
    ['gcp', 'us-central1', 'us'],
    ['gcp', 'europe-west1', 'eu'],
    ['gcp', 'europe-west2', null],
    ['gcp', 'europe-west6', null],
    ['gcp', 'asia-south1', 'asia'],
    ['gcp', 'northamerica-northeast1', null],
    ['gcp', 'australia-southeast1', null],
    ['aws', 'us-west-2', 'us'],
    ['aws', 'us-west-2-lax-1', 'us'],
    ['aws', 'us-gov-west-1', null],
    ['aws', 'eu-central-1', 'eu'],
    ['aws', 'eu-central-2', null],
    ['aws', 'eu-west-2', null],
    ['aws', 'ap-southeast-1', 'asia'],
    ['aws', 'ap-southeast-2', null],
    ['azure', 'eastus2', 'us'],
    ['azure', 'westeurope', 'eu'],
    ['azure', 'uksouth', null],
    ['azure', 'switzerlandnorth', null],
    ['azure', 'jioindiawest', 'asia'],
    ['digitalocean', 'nyc3', 'us'],
    ['digitalocean', 'lon1', null],
    ['digitalocean', 'fra1', 'eu'],
    ['digitalocean', 'blr1', 'asia'],
    ['hetzner', 'fsn1', null],
  ];
  for (const [cloud, region, group] of groups) {
    test(`of ${cloud} ${region} is ${group ?? 'none'}`, () => {
      assert.equal(regionGroup(cloud, region), group);
    });
  }
});

describe('a line of CSV', () => {
  test('quotes what needs it, and writes flags as digits', () => {
    const line = csvLine(['a', 'b,c', 'say "so"', 'two\nlines', 1.5, true, false, null]);
    assert.equal(line, 'a,"b,c","say ""so""","two\nlines",1.5,1,0,\n');
  });
});
