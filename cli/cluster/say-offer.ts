import type { ClusterView, NodeOffer } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';
import { usd } from '../output/units.ts';
import { price } from '../pricing/words.ts';
import { endWords, shape } from './words.ts';

const MINUTES_PER_HOUR = 60;

const hourly = ({ usdPerHour: { machine, disk, address } }: NodeOffer): number =>
  machine + disk + address;

const machineWords = ({ instanceType, spot }: NodeOffer, place: string): string =>
  `${instanceType}${spot ? ' (spot)' : ''} in ${place}`;

/** The zone of all of them, where they share one. */
const placeOf = (offers: readonly NodeOffer[]): string =>
  [...new Set(offers.map(({ zone, region }) => zone || region))].length === 1
    ? offers[0]?.zone || offers[0]?.region || ''
    : [...new Set(offers.map(({ region }) => region))].join(', ');

const isSame = (a: NodeOffer | null, b: NodeOffer | null): boolean =>
  a?.instanceType === b?.instanceType && a?.spot === b?.spot && a?.region === b?.region;

/** Says so where the offer that was chosen was not to be had, and what came in its place. */
export const sayChange = ({ output }: Context, asked: ClusterView, got: ClusterView): void => {
  const other = got.nodes.find(
    ({ offer }, index) => !isSame(offer, asked.nodes[index]?.offer ?? null),
  );
  if (other === undefined || other.offer === null) return;
  const hour = price(hourly(other.offer));
  output.say(
    `What was chosen is sold out. Got ${machineWords(other.offer, other.offer.zone || other.offer.region)}, ${hour} an hour each.`,
  );
};

/** Whose account pays, what was chosen, and what it costs: of a cluster that a cloud was asked for. */
export const sayOffer = ({ output }: Context, { account, spec, nodes }: ClusterView): void => {
  const offers = nodes.flatMap(({ offer }) => (offer === null ? [] : [offer]));
  const [first] = offers;
  if (account === null || first === undefined) return;
  output.say(`Connected to your [${account.title}] account. ✅`);
  output.say(`Project [${account.project}], with ${account.source}.`);
  const { vcpus, memoryGib, usdPerHour } = first;
  const machine = `${machineWords(first, placeOf(offers))}, ${memoryGib} GB each`;
  output.say(
    `Chose [${spec.provider}]: ${shape(nodes.length, vcpus)}; ${machine}; ${endWords(spec)}.`,
  );
  const hour = offers.reduce((sum, offer) => sum + hourly(offer), 0);
  const parts = `machine ${price(usdPerHour.machine)}, disk ${price(usdPerHour.disk)}, address ${price(usdPerHour.address)}`;
  output.say(
    `Costs ${usd(hour)} an hour, ${price(hour / MINUTES_PER_HOUR)} a minute; a node: ${parts}.`,
  );
};
