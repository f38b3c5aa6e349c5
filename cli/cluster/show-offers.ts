import type { Client } from '../../protocol/client.ts';
import { CLUSTER_DEFAULTS } from '../../protocol/cluster-defaults.ts';
import { ASKS_ABOVE_USD } from '../../protocol/cluster-price.ts';
import { PxError } from '../../protocol/errors.ts';
import type { ClusterOffersReply, RankedOffer } from '../../protocol/messages/pricing.ts';
import type { ProviderName } from '../../protocol/px-yaml.ts';
import { withAccount } from '../account/with-account.ts';
import type { Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { plural, usd } from '../output/units.ts';
import { whileFetching } from '../pricing/while-fetching.ts';
import {
  OFFER_HEAD,
  OFFER_SPARE,
  offerRow,
  passedLine,
  price,
  printRows,
  sayNotices,
} from '../pricing/words.ts';
import { usualRegions } from './clouds.ts';
import { asList, type ClusterSection, clusterSize, listed } from './spec.ts';
import { endWords, shape } from './words.ts';

interface Wish {
  name: string;
  clouds: readonly ProviderName[];
  parsed: Parsed;
  section: ClusterSection;
}

const BYTES_PER_CPU = CLUSTER_DEFAULTS.memoryGibPerCpu * 2 ** 30;
/** Cheaper offers that are named without -v. */
const PASSED_SHOWN = 3;

const joined = (words: readonly string[]): string | undefined => words.join(',') || undefined;

const spotOf = ({ parsed, section }: Wish): string | undefined => {
  if (parsed.flag('spot') || section.spot === true) return 'true';
  return section.spot === 'prefer' ? 'prefer' : undefined;
};

const regionsOf = ({ clouds, parsed, section }: Wish, env: Context['env']): string | undefined => {
  const named = listed(parsed, 'region');
  if (named.length > 0) return joined(named);
  const written = asList(section.region);
  if (written.length > 0) return joined(written);
  return section.zone === undefined ? joined(usualRegions(clouds, env)) : undefined;
};

/** The requirements as the API has them. */
const queryOf = (wish: Wish, { env }: Context) => {
  const { clouds, parsed, section } = wish;
  const { nodes, cpusPerNode } = clusterSize(parsed, section);
  const memory = section.memory_per_node ?? cpusPerNode * BYTES_PER_CPU;
  return {
    provider: joined(clouds),
    nodes,
    cpus: cpusPerNode,
    memory: parsed.value('memory') ?? `${memory}B`,
    disk: section.disk_per_node === undefined ? undefined : `${section.disk_per_node}B`,
    region: regionsOf(wish, env),
    zone: joined(asList(section.zone)),
    spot: spotOf(wish),
    arch: section.arch,
    burstable: section.burstable,
    instance_type: section.instance_type,
  };
};

const describe = (wish: Wish, first: RankedOffer, { output }: Context): void => {
  const size = clusterSize(wish.parsed, wish.section);
  const { nodes } = size;
  const { cloud, region, zone, instance_type, vcpus, memory_gib, spot } = first;
  const { max_cost: maxCost } = wish.section;
  const ends = endWords({ ...size, ...(maxCost === undefined ? {} : { maxCostUsd: maxCost }) });
  const machine = `${instance_type}${spot ? ' (spot)' : ''} in ${zone || region}, ${memory_gib} GB each`;
  output.say(`Chose [${cloud}]: ${shape(nodes, vcpus)}; ${machine}; ${ends}.`);
  const hour = (first.total ?? 0) * nodes;
  const parts = `machine ${price(first.compute)}, disk ${price(first.disk)}, address ${price(first.address)}`;
  output.say(`Costs ${usd(hour)} an hour, ${price(hour / 60)} a minute; a node: ${parts}.`);
  if (hour > ASKS_ABOVE_USD)
    output.say(`That is above ${usd(ASKS_ABOVE_USD)} an hour: px would ask first.`);
};

const describeOthers = (reply: ClusterOffersReply, { output }: Context): void => {
  for (const [index, passed] of reply.passed_over.entries()) {
    if (index < PASSED_SHOWN) output.say(passedLine(passed));
    else output.detail(passedLine(passed));
  }
  if (reply.offers.length > 1) {
    output.say(
      `Where the first is sold out, px asks for the next: ${plural(reply.offers.length, 'offer')}.`,
    );
  }
};

/** The same words without --dry-run would find it, and refuse another one. */
const sayIfUp = async (client: Client, name: string, { output }: Context): Promise<void> => {
  const cluster = await client.call('cluster', { params: { name } }).catch((error: unknown) => {
    if (error instanceof PxError && error.code === 'cluster_not_found') return null;
    throw error;
  });
  if (cluster === null || cluster.state === 'down') return;
  output.say(`A cluster ${name} is up already; this is about another one: px cluster show ${name}`);
};

/** Shows what a cluster of these clouds would be made of and what it would cost; touches nothing. */
export const showOffers = async (wish: Wish, context: Context): Promise<number> => {
  const query = queryOf(wish, context);
  const client = await context.client();
  const reply = await withAccount(context, (headers) =>
    whileFetching(context, client, client.call('pricingCluster', { query, headers })),
  );
  const [first] = reply.offers;
  if (first === undefined) throw new Error('Expected an offer, or no_offer.');
  const size = clusterSize(wish.parsed, wish.section);
  if (context.json) {
    const usdPerHour = (first.total ?? 0) * size.nodes;
    context.output.json({
      ...{ name: wish.name, spec: { provider: first.cloud, ...size }, usdPerHour },
      ...reply,
    });
    return 0;
  }
  describe(wish, first, context);
  const rows = reply.offers.map(offerRow);
  await printRows(context, { head: OFFER_HEAD, rows, spare: OFFER_SPARE }, reply.offers);
  describeOthers(reply, context);
  sayNotices(context, reply.notices);
  await sayIfUp(client, wish.name, context);
  context.output.say('Nothing was touched.');
  return 0;
};
