import { PxError } from '../../../protocol/errors.ts';
import { createLimit } from '../../limit.ts';
import type { ClusterAsk, NodePlan } from '../provider.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type HostPlace, parseHost, placeOf } from './host.ts';
import { type KeyOptions, knownKeys, rememberKeys, shownKeys } from './host-keys.ts';

/** What is written down of a node: its host, and the only keys that are taken for it. */
interface HostPlan {
  host: string;
  hostKeys: string[];
  /** The file in which they are known. */
  knownIn: string;
}

/** 16 hosts are asked at a time. */
const AT_ONCE = 16;

const hostsOf = ({ name, spec }: ClusterAsk): string[] => {
  const { hosts = [], nodes } = spec;
  const hint = `px.yaml: cluster: {provider: ssh, hosts: [root@10.0.0.5, deploy@10.0.0.6:2222]}, then px cluster up ${name}`;
  if (hosts.length < nodes) {
    const message = `Expected a host for each of ${nodes} nodes, got ${hosts.length}.`;
    const more = `${hint}. One that is up gets more hosts only by px cluster down ${name} before that.`;
    throw new PxError('bad_request', message, { hint: more });
  }
  const places = hosts.map((host) => JSON.stringify(parseHost(host)));
  const twice = hosts.find((_, at) => places.indexOf(places[at] ?? '') !== at);
  if (twice === undefined) return hosts.slice(0, nodes);
  throw new PxError('bad_request', `Expected each host once, got ${twice} twice.`, { hint });
};

interface Look {
  host: string;
  place: HostPlace;
  end: string;
  keys: string[];
  file: string;
  /** Nobody has agreed to the keys yet. */
  isNew: boolean;
}

const lookAt = async (options: KeyOptions, ask: ClusterAsk, host: string): Promise<Look> => {
  const place = placeOf(host, ask.access);
  const known = await knownKeys(options, place);
  if (known.keys.length > 0) return { host, place, ...known, isNew: false };
  const keys = await shownKeys(options, place);
  const { acceptNewHostKeys, hostKeys } = ask.access;
  const isAgreed = acceptNewHostKeys || keys.every((key) => hostKeys.includes(key));
  if (isAgreed) await rememberKeys(options, place, keys);
  return { host, place, ...known, keys, isNew: !isAgreed };
};

/** The same machine twice, spelled in two ways. */
const checkOnce = (looks: readonly Look[]): void => {
  for (const [at, { host, end }] of looks.entries()) {
    const before = looks.findIndex((look) => look.end === end);
    if (before === at) continue;
    const message = `Expected each host once: ${looks[before]?.host} and ${host} are the same.`;
    throw new PxError('bad_request', message, { hint: 'Leave one of them out.' });
  }
};

const unreachable = (reasons: readonly unknown[]): unknown => {
  const [first] = reasons;
  if (reasons.length === 1 || !(first instanceof PxError)) return first;
  const words = reasons.map((reason) => (reason instanceof Error ? reason.message : reason));
  const hint = first.hint ?? 'Try it by hand with ssh.';
  return new PxError('provider_refused', words.join('\n'), { hint });
};

const unknownKeys = (looks: readonly Look[]): PxError => {
  const details = looks.map(({ host, keys }) => ({
    host,
    keys,
    fingerprints: keys.map(fingerprintOf),
  }));
  const words = details.map(({ host, fingerprints }) => `${host} ${fingerprints.join(', ')}`);
  return new PxError(
    'host_key_unknown',
    `Nobody has said yet that this is the key of ${looks.length === 1 ? 'the host' : 'each host'}:\n  ${words.join('\n  ')}`,
    { hint: 'If it is, the same again with: --accept-new-host-keys', details: { hosts: details } },
  );
};

/** One node for each host, with the keys by which it is known from now on. */
export const planHosts = async (
  options: KeyOptions,
  ask: ClusterAsk,
): Promise<readonly NodePlan[]> => {
  const limit = createLimit(AT_ONCE);
  const looked = await Promise.allSettled(
    hostsOf(ask).map((host) => limit(() => lookAt(options, ask, host))),
  );
  const failed = looked.flatMap((look) => (look.status === 'rejected' ? [look.reason] : []));
  if (failed.length > 0) throw unreachable(failed);
  const looks = looked.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  checkOnce(looks);
  const unknown = looks.filter(({ isNew }) => isNew);
  if (unknown.length > 0) throw unknownKeys(unknown);
  return looks.map(({ host, keys, file }) => {
    const plan: HostPlan = { host, hostKeys: keys, knownIn: file };
    return { slots: 0, plan };
  });
};
