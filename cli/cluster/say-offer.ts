import { offerUsdPerHour } from '../../protocol/cluster-price.ts';
import type { ClusterView, NodeOffer } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';
import { usd } from '../output/units.ts';
import { price } from '../pricing/words.ts';
import { endWords, shape } from './words.ts';

const MINUTES_PER_HOUR = 60;

const machineWords = ({ instanceType, spot }: NodeOffer, place: string): string =>
  `${instanceType}${spot ? ' (spot)' : ''} in ${place}`;

/** The zone of all of them, where they share one. */
const placeOf = (offers: readonly NodeOffer[]): string =>
  [...new Set(offers.map(({ zone, region }) => zone || region))].length === 1
    ? offers[0]?.zone || offers[0]?.region || ''
    : [...new Set(offers.map(({ region }) => region))].join(', ');

/** A spot machine that became one on demand costs several times as much: that is said. */
const gotWords = (was: NodeOffer | null | undefined, got: NodeOffer): string =>
  `${machineWords(got, got.zone || got.region)}${was?.spot === true && !got.spot ? ' on demand' : ''}`;

const totalWords = (offers: readonly NodeOffer[]): string => {
  const hour = offers.reduce((sum, offer) => sum + offerUsdPerHour(offer), 0);
  return `Costs ${usd(hour)} an hour, ${price(hour / MINUTES_PER_HOUR)} a minute`;
};

const offersOf = ({ nodes }: ClusterView): NodeOffer[] =>
  nodes.flatMap(({ offer }) => (offer === null ? [] : [offer]));

const isSame = (a: NodeOffer | null, b: NodeOffer | null): boolean =>
  a?.instanceType === b?.instanceType && a?.spot === b?.spot && a?.region === b?.region;

/** Says so where the offer that was chosen was not to be had, and what came in its place. */
export const sayChange = ({ output }: Context, asked: ClusterView, got: ClusterView): void => {
  const at = got.nodes.findIndex(
    ({ offer }, index) => !isSame(offer, asked.nodes[index]?.offer ?? null),
  );
  const other = got.nodes[at]?.offer ?? null;
  if (other === null) return;
  const words = gotWords(asked.nodes[at]?.offer, other);
  output.say(
    `What was chosen is sold out. Got ${words}, ${price(offerUsdPerHour(other))} an hour each.`,
  );
  output.say(`${totalWords(offersOf(got))}.`);
};

/** Whose account pays, what was chosen, and what it costs: of a cluster that a cloud was asked for. */
export const sayOffer = ({ output }: Context, cluster: ClusterView): void => {
  const { account, spec, nodes } = cluster;
  const offers = offersOf(cluster);
  const [first] = offers;
  if (account === null || first === undefined) return;
  output.say(`Connected to your [${account.title}] account. ✅`);
  output.say(`Project [${account.project}], with ${account.source}.`);
  const { vcpus, memoryGib, usdPerHour } = first;
  const machine = `${machineWords(first, placeOf(offers))}, ${memoryGib} GB each`;
  output.say(
    `Chose [${spec.provider}]: ${shape(nodes.length, vcpus)}; ${machine}; ${endWords(spec)}.`,
  );
  const parts = `machine ${price(usdPerHour.machine)}, disk ${price(usdPerHour.disk)}, address ${price(usdPerHour.address)}`;
  output.say(`${totalWords(offers)}; a node: ${parts}.`);
};
