import type { ClusterView, NodeOffer } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';
import { span, usd } from '../output/units.ts';
import { price } from '../pricing/words.ts';
import { shape } from './words.ts';

const MINUTES_PER_HOUR = 60;

const hourly = ({ usdPerHour: { machine, disk, address } }: NodeOffer): number =>
  machine + disk + address;

/** Whose account pays, what was chosen, and what it costs: of a cluster that a cloud was asked for. */
export const sayOffer = ({ output }: Context, { account, spec, nodes }: ClusterView): void => {
  const offers = nodes.flatMap(({ offer }) => (offer === null ? [] : [offer]));
  const [first] = offers;
  if (account === null || first === undefined) return;
  output.say(`Connected to your [${account.title}] account. ✅`);
  output.say(`Project [${account.project}], with ${account.source}.`);
  const { instanceType, spot, zone, region, vcpus, memoryGib, usdPerHour } = first;
  const machine = `${instanceType}${spot ? ' (spot)' : ''} in ${zone || region}, ${memoryGib} GB each`;
  const idle =
    spec.idleTimeoutMs === 0
      ? 'never goes down by itself'
      : `goes down after ${span(spec.idleTimeoutMs)} without a job`;
  output.say(`Chose [${spec.provider}]: ${shape(nodes.length, vcpus)}; ${machine}; ${idle}.`);
  const hour = offers.reduce((sum, offer) => sum + hourly(offer), 0);
  const parts = `machine ${price(usdPerHour.machine)}, disk ${price(usdPerHour.disk)}, address ${price(usdPerHour.address)}`;
  output.say(
    `Costs ${usd(hour)} an hour, ${price(hour / MINUTES_PER_HOUR)} a minute; a node: ${parts}.`,
  );
};
