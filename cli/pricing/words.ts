import { csvLine } from '../../protocol/csv.ts';
import type { PassedOver, RankedOffer } from '../../protocol/messages/pricing.ts';
import type { Context } from '../context.ts';

/** Prices of small machines differ in the fourth digit. */
const PRICE_DIGITS = 4;

/** `$0.1340`, `-` where there is none. */
export const price = (usd: number | null): string =>
  usd === null ? '-' : `$${usd.toFixed(PRICE_DIGITS)}`;

export const OFFER_HEAD = [
  ...[
    'TYPE',
    'CLOUD',
    'REGION',
    'VCPUS',
    'MEMORY',
    'GPU',
    'MODE',
    'MACHINE',
    'TOTAL/HOUR',
    'AS OF',
  ],
];

/** Of OFFER_HEAD. */
export const OFFER_SPARE = ['AS OF', 'MACHINE', 'MODE', 'MEMORY', 'VCPUS', 'GPU'];

const gpuWords = ({ gpu_count, gpu_name }: RankedOffer): string =>
  gpu_count > 0 ? `${gpu_count}x ${gpu_name}` : '-';

/** One line of a table of offers. */
export const offerRow = (offer: RankedOffer): string[] => [
  offer.instance_type,
  offer.cloud,
  offer.zone || offer.region,
  String(offer.vcpus),
  `${offer.memory_gib} GB`,
  gpuWords(offer),
  offer.spot ? 'spot' : 'on demand',
  price(offer.compute),
  price(offer.total),
  (offer.spot ? offer.spot_as_of : null) ?? offer.as_of,
];

/** `Passed over: s-4vcpu-8gb in fra1 (digitalocean, $0.0714): is burstable or shared-core.` */
export const passedLine = ({
  instance_type,
  cloud,
  zone,
  region,
  total,
  why,
}: PassedOver): string =>
  `Passed over: ${instance_type} in ${zone || region} (${cloud}, ${price(total)}): ${why}.`;

type Cell = string | number | boolean | null;

/** A table on a terminal, CSV elsewhere; under -q the first column alone. */
export const printRows = async (
  context: Context,
  table: {
    head: readonly string[];
    rows: readonly (readonly string[])[];
    spare?: readonly string[];
  },
  csv: readonly Readonly<Record<string, Cell>>[],
): Promise<void> => {
  const { output } = context;
  if (output.stdoutTty || output.quiet) {
    output.table(table.head, table.rows, table.spare);
    // A table is printed when its turn comes, words at once: they belong below it.
    await output.write(1, new Uint8Array(0));
    return;
  }
  const columns = Object.keys(csv[0] ?? {});
  const lines = csv.map((row) => csvLine(columns.map((column) => row[column] ?? null)));
  await output.write(1, Buffer.from(csvLine(columns) + lines.join('')));
};

/** What the control plane wants said beside the rows: ages, what is being fetched. */
export const sayNotices = ({ output }: Context, notices: readonly string[]): void => {
  for (const notice of notices) output.say(notice);
};

/** Said where the control plane dies in the middle of a sync or an import. */
export const tellRestart = ({ output }: Context): void =>
  output.say('The control plane has gone. Starting it again, and going on.');
