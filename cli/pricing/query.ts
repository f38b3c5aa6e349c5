import { PxError } from '../../protocol/errors.ts';
import { countOption } from '../arguments.ts';
import type { Option, Parsed } from '../command.ts';

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

type Query = Record<string, string | number | boolean | undefined>;

/** The flags as the query of the API has them. */
export const requirementQuery = (parsed: Parsed): Query => {
  if (parsed.flag('spot') && parsed.flag('prefer-spot')) {
    throw new PxError('bad_request', 'Expected --spot or --prefer-spot, got both.');
  }
  const joined = (name: string): string | undefined => parsed.values(name).join(',') || undefined;
  const on = (name: string): boolean | undefined => (parsed.flag(name) ? true : undefined);
  return {
    cpus: parsed.value('cpus'),
    memory: parsed.value('memory'),
    disk: parsed.value('disk'),
    arch: parsed.value('arch'),
    gpu: parsed.value('gpu'),
    spot: parsed.flag('prefer-spot') ? 'prefer' : on('spot'),
    region: joined('region'),
    zone: joined('zone'),
    provider: joined('provider'),
    instance_type: joined('instance-type'),
    burstable: on('burstable'),
    bare_metal: on('bare-metal'),
    previous: on('previous'),
    nodes: countOption(parsed, 'nodes'),
    per: parsed.value('per'),
    hours: parsed.value('hours'),
    compute_only: on('compute-only'),
  };
};
