import { PxError } from '../../../protocol/errors.ts';
import type { Compute } from './compute.ts';
import { awaitOperation, nameOf } from './operations.ts';
import { TUNNEL_RANGE } from './reach.ts';
import { isMissing, Refusal } from './refusal.ts';

/** One rule for each control plane: ssh from the caller's own address to its own machines. */
interface Rule {
  project: string;
  /** Also the tag of the machines that it opens. */
  name: string;
  network: string;
  /** Who may come in, as `1.2.3.4/32`; never the world. */
  sources: readonly string[];
}

const bodyOf = ({ name, network, sources }: Rule) => ({
  ...{ name, network, direction: 'INGRESS', priority: 1000 },
  description: 'ssh from the machine that runs px; px deletes it with its last cluster',
  sourceRanges: [...sources],
  targetTags: [name],
  allowed: [{ IPProtocol: 'tcp', ports: ['22'] }],
});

const find = async (compute: Compute, project: string, firewall: string) => {
  try {
    return await compute.call(
      async ({ firewalls }, options) => (await firewalls().get({ project, firewall }, options))[0],
    );
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const write = async (compute: Compute, rule: Rule, isThere: boolean): Promise<void> => {
  const { project, name } = rule;
  const firewallResource = bodyOf(rule);
  const operation = await compute.call(async ({ firewalls }, options) => {
    const [started] = isThere
      ? await firewalls().patch({ project, firewall: name, firewallResource }, options)
      : await firewalls().insert({ project, firewallResource }, options);
    return nameOf(started);
  });
  await awaitOperation(compute, { project, scope: 'global', name: operation });
};

/** Networks by their last name: the cloud answers with a whole address. */
const lastOf = (network: string | null | undefined): string => network?.split('/').at(-1) ?? '';

const otherNetwork = ({ name, network }: Rule, known: string): PxError =>
  new PxError(
    'provider_refused',
    `The firewall rule ${name} of this px stands in network ${known}, so that its machines in ${lastOf(network)} would not be reached.`,
    { hint: `Take the clusters in ${known} down first, or use another PX_HOME.` },
  );

/** One machine's address: a wider range that somebody wrote there is not px's, and not kept. */
const ONE_ADDRESS = /^[\d.]+\/32$/;

/**
 * Whom the rule lets in: the clusters of a project share it. Tunnels stay open for others, and so does the
 * caller's last known address where nobody has just looked for it.
 */
const withKnown = ({ sources }: Rule, known: readonly string[]): string[] => {
  const hasAddress = sources.some((source) => ONE_ADDRESS.test(source));
  const kept = known.filter(
    (source) => source === TUNNEL_RANGE || (!hasAddress && ONE_ADDRESS.test(source)),
  );
  return [...new Set([...sources, ...kept])];
};

/** Answers whether it is as it should be: not so where another call has made it meanwhile. */
const tryOpen = async (compute: Compute, rule: Rule): Promise<boolean> => {
  const known = await find(compute, rule.project, rule.name);
  const network = lastOf(known?.network);
  if (known !== null && network !== lastOf(rule.network)) throw otherNetwork(rule, network);
  const ranges = known?.sourceRanges ?? [];
  if (rule.sources.every((source) => ranges.includes(source))) return true;
  try {
    await write(compute, { ...rule, sources: withKnown(rule, ranges) }, known !== null);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 409) return false;
    throw error;
  }
};

/**
 * Makes the rule, or has it let in the address of today. Throws `provider_refused` where it stands in
 * another network. Two of these at a time for one rule would each forget what the other lets in.
 */
export const openFirewall = async (compute: Compute, rule: Rule): Promise<void> => {
  // A call whose answer was lost may have made it, and the cloud be at work on that.
  if (!(await tryOpen(compute, rule))) await tryOpen(compute, rule);
};

/** Deletes the rule; one that is not there is all right. */
export const closeFirewall = async (
  compute: Compute,
  project: string,
  firewall: string,
): Promise<void> => {
  try {
    const operation = await compute.call(async ({ firewalls }, options) =>
      nameOf((await firewalls().delete({ project, firewall }, options))[0]),
    );
    await awaitOperation(compute, { project, scope: 'global', name: operation });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
};
