import { PxError } from '../../protocol/errors.ts';
import { PricingArch, PricingPer } from '../../protocol/messages/pricing.ts';
import { parseSize } from '../../protocol/units.ts';
import { countOption } from '../arguments.ts';
import type { Option, Parsed } from '../command.ts';
import { typed } from '../typed.ts';

/** Options that say what is looked for, the same for every question about prices. */
export const requirementOptions: readonly Option[] = [
  { name: 'cpus', value: 'N', summary: 'at least N vCPUs a node' },
  { name: 'memory', value: 'SIZE', summary: 'at least so much memory a node, such as 16GB' },
  { name: 'disk', value: 'SIZE', summary: 'boot disk to pay for (default: 50GB)' },
  { name: 'arch', value: 'ARCH', summary: 'x86_64 (default), arm64 or any' },
  { name: 'gpu', value: 'GPU', summary: '1, l4 or nvidia-l4:2; without it no GPU is paid for' },
  { name: 'spot', summary: 'spot prices only' },
  { name: 'prefer-spot', summary: 'spot and on-demand prices in one ranking' },
  { name: 'region', value: 'REGION', many: true, summary: 'regions, us, eu, asia or any' },
  { name: 'zone', value: 'ZONE', many: true, summary: 'zones' },
  { name: 'provider', value: 'CLOUD', many: true, summary: 'gcp, aws, azure, digitalocean' },
  { name: 'instance-type', value: 'TYPE', many: true, summary: 'these types, whatever they are' },
  { name: 'burstable', summary: 'allow burstable and shared-core types' },
  { name: 'bare-metal', summary: 'allow bare metal' },
  { name: 'previous', summary: 'allow previous generations' },
  { name: 'nodes', value: 'N', summary: 'so many nodes, for the cost' },
  { name: 'per', value: 'WHAT', summary: 'node (default), or cluster: --cpus and --memory in all' },
  { name: 'hours', value: 'N', summary: 'for so many hours, for the cost' },
  { name: 'compute-only', summary: 'leave boot disk and public address out of the price' },
];

const refuse = (name: string, expected: string, word: string): never => {
  throw new PxError('bad_request', `Expected --${name} to be ${expected}, got ${typed(word)}.`, {
    hint: 'The flags: px pricing ls --help',
  });
};

/** The value of a flag as it is, refused where it is none of these words. */
export const wordOption = (
  parsed: Parsed,
  name: string,
  words: readonly string[],
): string | undefined => {
  const word = parsed.value(name);
  if (word === undefined || words.includes(word)) return word;
  return refuse(name, words.join(', '), word);
};

const sizeOption = (parsed: Parsed, name: string): string | undefined => {
  const word = parsed.value(name);
  // A bare number could be bytes or gigabytes.
  const isSize = word === undefined || (/[a-z]$/i.test(word) && parseSize(word) !== null);
  return isSize ? word : refuse(name, 'a size with its unit, such as 16GB', word);
};

const numberOption = (parsed: Parsed, name: string): string | undefined => {
  const word = parsed.value(name);
  if (word === undefined || (/^\d*\.?\d+$/.test(word) && Number(word) > 0)) return word;
  return refuse(name, 'a number above 0', word);
};

const EXAMPLES = {
  provider: 'clouds such as gcp,aws',
  region: 'regions such as us-central1, or us, eu, asia, any',
  zone: 'zones such as us-central1-a',
  'instance-type': 'types such as e2-standard-4',
};

/** The names of a flag that takes some, each with commas in it; an empty one is a variable that was not set. */
export const namesOption = (
  parsed: Parsed,
  name: keyof typeof EXAMPLES,
): readonly string[] | undefined => {
  const values = parsed.values(name);
  if (values.length === 0) return undefined;
  const names = values.flatMap((value) => value.split(',')).map((word) => word.trim());
  return names.includes('') ? refuse(name, EXAMPLES[name], values.join(',')) : names;
};

type Query = Record<string, string | number | boolean | undefined>;

/** The flags as the query of the API has them. */
export const requirementQuery = (parsed: Parsed): Query => {
  if (parsed.flag('spot') && parsed.flag('prefer-spot')) {
    throw new PxError('bad_request', 'Expected --spot or --prefer-spot, got both.');
  }
  const on = (name: string): boolean | undefined => (parsed.flag(name) ? true : undefined);
  return {
    cpus: numberOption(parsed, 'cpus'),
    memory: sizeOption(parsed, 'memory'),
    disk: sizeOption(parsed, 'disk'),
    arch: wordOption(parsed, 'arch', PricingArch.options),
    gpu: parsed.value('gpu'),
    spot: parsed.flag('prefer-spot') ? 'prefer' : on('spot'),
    region: namesOption(parsed, 'region')?.join(','),
    zone: namesOption(parsed, 'zone')?.join(','),
    provider: namesOption(parsed, 'provider')?.join(','),
    instance_type: namesOption(parsed, 'instance-type')?.join(','),
    burstable: on('burstable'),
    bare_metal: on('bare-metal'),
    previous: on('previous'),
    nodes: countOption(parsed, 'nodes'),
    per: wordOption(parsed, 'per', PricingPer.options),
    hours: numberOption(parsed, 'hours'),
    compute_only: on('compute-only'),
  };
};
