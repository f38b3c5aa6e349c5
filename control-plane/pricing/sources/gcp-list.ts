import { type Cells, columnsOf, readCsv } from '../csv.ts';
import type { InstanceType, OfferRow, SourceRow } from '../offer.ts';
import { HOURS_PER_MONTH } from '../rates.ts';
import { sourceFailed } from './failure.ts';
import { gcpTraits } from './gcp-types.ts';
import type { PriceSource, SourceContext } from './source.ts';

const amount = (text: string): number | null => {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

type Read = (cells: Cells) => string;

/** An hour's price: its own column, or a month's share. Zero means none. */
const hourly =
  (hour: Read, month: Read): ((cells: Cells) => number | null) =>
  (cells) => {
    const byHour = amount(hour(cells));
    const byMonth = amount(month(cells));
    const value = byHour ?? (byMonth === null ? null : byMonth / HOURS_PER_MONTH);
    return value === 0 ? null : value;
  };

const createReader = (header: Cells, where: string, today: string) => {
  const columns = columnsOf(header, (name) => sourceFailed(where, `it has no column \`${name}\``));
  const either = (first: string, second: string): Read =>
    columns.has(first) ? columns.required(first) : columns.required(second);
  const name = columns.required('name');
  const region = columns.required('region');
  const zones = columns.optional('zones');
  const vcpus = columns.required('vCpus');
  // The name of the column has changed once.
  const memory = either('memoryGB', 'memoryGiB');
  const shared = columns.optional('sharedCpu');
  const arm = columns.optional('arm');
  const gpuCount = columns.optional('acceleratorCount');
  const gpuName = columns.optional('acceleratorType');
  if (!columns.has('hour')) columns.required('month');
  const price = hourly(columns.optional('hour'), columns.optional('month'));
  const spotPrice = hourly(columns.optional('hourSpot'), columns.optional('monthSpot'));
  const origin = { source: 'gcloud-compute.com', asOf: today, spotAsOf: '' };
  const typeOf = (cells: Cells): InstanceType => {
    const traits = gcpTraits(name(cells));
    return {
      cloud: 'gcp',
      name: name(cells),
      vcpus: amount(vcpus(cells)) ?? 0,
      memoryGib: amount(memory(cells)) ?? 0,
      ...traits,
      arch: Number(arm(cells)) > 0 ? 'arm64' : traits.arch,
      burstable: traits.burstable || /^(1|true)$/i.test(shared(cells)),
      gpuName: Number(gpuCount(cells)) > 0 ? gpuName(cells) : '',
      gpuCount: amount(gpuCount(cells)) ?? 0,
      // The list says which types can have local disks, not which have them.
      localDiskGb: 0,
    };
  };
  return (cells: Cells): OfferRow[] => {
    const type = typeOf(cells);
    const named = zones(cells)
      .split(/[\s,;]+/)
      .filter((zone) => zone !== '');
    const shape = {
      type,
      origin,
      price: price(cells),
      spotPrice: spotPrice(cells),
      interruption: '',
    };
    return (named.length === 0 ? [''] : named).map((zone) => ({
      ...shape,
      place: { cloud: 'gcp', region: region(cells), zone },
    }));
  };
};

async function* readList({ http, urls, today }: SourceContext): AsyncGenerator<SourceRow> {
  const { host } = new URL(urls.gcpList);
  const lines = readCsv(http.csv(urls.gcpList), {
    columns: (header) => createReader(header, host, today),
    damaged: (message) => sourceFailed(host, message),
  });
  for await (const offers of lines) for (const offer of offers) yield { offer };
}

/** Google's prices as gcloud-compute.com publishes them: one CSV file, no account. */
export const gcpList: PriceSource = {
  name: 'gcp-list',
  cloud: 'gcp',
  kind: 'list',
  needsAccount: false,
  firstParts: null,
  isAvailable: () => true,
  open: async (context) => ({ parts: [''], whole: true, rows: () => readList(context) }),
};
