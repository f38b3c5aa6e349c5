import { type Cells, columnsOf } from '../csv.ts';
import type { Origin, SourceRow } from '../offer.ts';
import { awsTraits, localDiskGb } from './aws-types.ts';
import { sourceFailed } from './failure.ts';

/** `1,952 GiB`. */
const gib = (text: string): number => Number(text.replaceAll(',', '').replace(/\s*GiB$/, ''));

type Test = (cells: Cells) => boolean;

/**
 * Reads a line of AmazonEC2's index.csv: an offer, the price of a GB of gp3, or null. Of a Linux
 * machine there are dozens of lines (tenancies, licences, reservations); this finds the plain one.
 */
export const awsReader = (header: Cells, host: string, region: string, origin: Origin) => {
  const columns = columnsOf(header, (name) => sourceFailed(host, `it has no column \`${name}\``));
  const required = columns.required;
  const { optional } = columns;
  const is = (name: string, ...values: string[]): Test => {
    const cell = required(name);
    return (cells) => values.includes(cell(cells));
  };
  // Local Zones lack columns that say nothing there; what is not said is no reason to leave a line out.
  const isOrAbsent = (name: string, ...values: string[]): Test => {
    const cell = optional(name);
    return columns.has(name) ? (cells) => values.includes(cell(cells)) : () => true;
  };
  const type = required('Instance Type');
  const price = required('PricePerUnit');
  const vcpu = required('vCPU');
  const memory = required('Memory');
  const storage = optional('Storage');
  const processor = optional('Physical Processor');
  const gpu = optional('GPU');
  const unit = required('Unit');
  const isOnDemand = is('TermType', 'OnDemand');
  const isDollar = isOrAbsent('Currency', 'USD');
  const isDisk: Test = columns.has('Volume API Name')
    ? isOrAbsent('Volume API Name', 'gp3')
    : () => false;
  const isStorage = isOrAbsent('Product Family', 'Storage');
  const isMachine: readonly Test[] = [
    is('Operating System', 'Linux'),
    is('Tenancy', 'Shared'),
    (cells) => unit(cells) === 'Hrs',
    isOrAbsent('CapacityStatus', 'Used'),
    isOrAbsent('Pre Installed S/W', 'NA', ''),
    isOrAbsent('MarketOption', 'OnDemand', 'NA', ''),
    isOrAbsent('License Model', 'No License required', 'NA', ''),
    isOrAbsent('Location Type', 'AWS Region', 'AWS Local Zone', ''),
  ];
  return (cells: Cells): SourceRow | null => {
    if (!isOnDemand(cells) || !isDollar(cells)) return null;
    const usd = Number(price(cells));
    if (!(usd > 0)) return null;
    if (isDisk(cells) && isStorage(cells) && unit(cells) === 'GB-Mo') {
      return { rate: { cloud: 'aws', region, name: 'disk_gb_month', usd } };
    }
    if (!isMachine.every((test) => test(cells))) return null;
    const name = type(cells);
    const vcpus = Number(vcpu(cells));
    const memoryGib = gib(memory(cells));
    if (name === '' || !Number.isFinite(vcpus) || !Number.isFinite(memoryGib))
      return { skipped: name };
    const shape = {
      cloud: 'aws',
      name,
      vcpus,
      memoryGib,
      localDiskGb: localDiskGb(storage(cells)),
    };
    return {
      offer: {
        type: { ...shape, ...awsTraits(name, processor(cells), Number(gpu(cells)) || 0) },
        place: { cloud: 'aws', region, zone: '' },
        origin,
        price: usd,
        spotPrice: null,
        interruption: '',
      },
    };
  };
};
