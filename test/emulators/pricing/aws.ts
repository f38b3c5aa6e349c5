import { csvLine } from '../../../protocol/csv.ts';
import type { Shelf } from './server.ts';

const PREAMBLE = `"FormatVersion","v1.0"
"Disclaimer","This pricing list is for informational purposes only. All prices are subject to ""additional terms"", see the pricing pages."
"Publication Date","2026-08-30T18:09:20Z"
"Version","20260830180920"
"OfferCode","AmazonEC2"
`;

/** Those that px reads, among others that it does not. */
export const AWS_COLUMNS = [
  ...[
    'SKU',
    'OfferTermCode',
    'TermType',
    'PriceDescription',
    'EffectiveDate',
    'Unit',
    'PricePerUnit',
  ],
  ...[
    'Currency',
    'Product Family',
    'Location',
    'Location Type',
    'Instance Type',
    'Current Generation',
  ],
  ...[
    'vCPU',
    'Physical Processor',
    'Memory',
    'Storage',
    'Tenancy',
    'Operating System',
    'License Model',
  ],
  ...[
    'CapacityStatus',
    'GPU',
    'MarketOption',
    'Pre Installed S/W',
    'Region Code',
    'Volume API Name',
  ],
] as const;
type Column = (typeof AWS_COLUMNS)[number];
type AwsLine = Partial<Record<Column, string>>;

/** A plain Linux machine on demand; a test changes what it is about. */
export const awsMachine = (type: string, usd: string, more: AwsLine = {}): AwsLine => ({
  SKU: 'ABCDEFGH12345678',
  OfferTermCode: 'JRTCKXETXF',
  TermType: 'OnDemand',
  PriceDescription: `$${usd} per On Demand Linux ${type} Instance Hour`,
  EffectiveDate: '2026-08-01',
  Unit: 'Hrs',
  PricePerUnit: usd,
  Currency: 'USD',
  'Product Family': 'Compute Instance',
  Location: 'US East (N. Virginia)',
  'Location Type': 'AWS Region',
  'Instance Type': type,
  'Current Generation': 'Yes',
  vCPU: '4',
  'Physical Processor': 'Intel Xeon Platinum 8488C',
  Memory: '16 GiB',
  Storage: 'EBS only',
  Tenancy: 'Shared',
  'Operating System': 'Linux',
  'License Model': 'No License required',
  CapacityStatus: 'Used',
  MarketOption: 'OnDemand',
  'Pre Installed S/W': 'NA',
  'Region Code': 'us-east-1',
  ...more,
});

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** index.csv of a region, quoted as AWS does. */
export const awsCsv = (
  lines: readonly AwsLine[],
  columns: readonly Column[] = AWS_COLUMNS,
): string => {
  const rows = lines.map((line) =>
    columns.map((column) => (line[column] ? quoted(line[column]) : '')),
  );
  return [PREAMBLE, csvLine(columns), ...rows.map((cells) => `${cells.join(',')}\n`)].join('');
};

/** Beside three machines, what looks like one and is none. */
const AWS_VIRGINIA: readonly AwsLine[] = [
  awsMachine('m7i.xlarge', '0.2016000000'),
  awsMachine('m7g.xlarge', '0.1632000000', { 'Physical Processor': 'AWS Graviton3 Processor' }),
  awsMachine('m4.xlarge', '0.2000000000'),
  awsMachine('t3.xlarge', '0.1664000000'),
  awsMachine('m5.metal', '4.6080000000', { vCPU: '96', Memory: '384 GiB' }),
  awsMachine('x1e.32xlarge', '26.6880000000', {
    vCPU: '128',
    Memory: '3,904 GiB',
    Storage: '2 x 1,920 SSD',
  }),
  awsMachine('i4i.xlarge', '0.3430000000', { Storage: '1 x 937 NVMe SSD' }),
  awsMachine('g5.xlarge', '1.0060000000', { GPU: '1' }),
  awsMachine('inf2.xlarge', '0.7582000000'),
  awsMachine('m7i.xlarge', '0.0100000000', { TermType: 'Reserved' }),
  awsMachine('m7i.xlarge', '0.0200000000', { 'Operating System': 'Windows' }),
  awsMachine('m7i.xlarge', '0.0300000000', { Tenancy: 'Dedicated' }),
  awsMachine('m7i.xlarge', '0.0400000000', { CapacityStatus: 'UnusedCapacityReservation' }),
  awsMachine('m7i.xlarge', '0.0500000000', { 'Pre Installed S/W': 'SQL Web' }),
  awsMachine('m7i.xlarge', '0.0600000000', { Unit: 'Quantity' }),
  awsMachine('m7i.xlarge', '0.0700000000', { MarketOption: 'CapacityBlock' }),
  awsMachine('m7i.xlarge', '0.0000000000'),
  {
    TermType: 'OnDemand',
    Unit: 'GB-Mo',
    PricePerUnit: '0.0800000000',
    Currency: 'USD',
    'Product Family': 'Storage',
    'Volume API Name': 'gp3',
  },
  {
    TermType: 'OnDemand',
    Unit: 'GB-Mo',
    PricePerUnit: '0.0150000000',
    Currency: 'USD',
    'Product Family': 'Storage',
    'Volume API Name': 'sc1',
  },
];

/** A Local Zone: one machine, and columns that say nothing there are absent. */
export const AWS_LOCAL_COLUMNS = AWS_COLUMNS.filter(
  (column) =>
    !['GPU', 'Pre Installed S/W', 'CapacityStatus', 'MarketOption', 'Volume API Name'].includes(
      column,
    ),
);
const AWS_LOCAL = [awsMachine('m7i.xlarge', '0.2419000000', { 'Location Type': 'AWS Local Zone' })];

const size = (name: string, linux: string) => ({
  size: name,
  valueColumns: [
    { name: 'linux', prices: { USD: linux } },
    { name: 'mswin', prices: { USD: '0.5' } },
  ],
});

const AWS_SPOT = {
  vers: 0.01,
  config: {
    rate: 'perhr',
    valueColumns: ['linux', 'mswin'],
    currencies: ['USD'],
    regions: [
      {
        // us-east-1, by its name of 2009.
        region: 'us-east',
        footnotes: { '*': 'notAvailableForCCorCGPU' },
        instanceTypes: [
          {
            type: 'generalCurrentGen',
            sizes: [size('m7i.xlarge', '0.0780'), size('m4.xlarge', 'N/A*')],
          },
          { type: 'burstable', sizes: [size('t3.xlarge', '0.0650')] },
        ],
      },
      {
        region: 'eu-central-1',
        instanceTypes: [{ type: 'generalCurrentGen', sizes: [size('m7i.xlarge', '0.0911')] }],
      },
    ],
  },
};

const AWS_ADVISOR = {
  global_rate: '<10%',
  ranges: [
    { index: 0, label: '<5%', dots: 0, max: 5 },
    { index: 1, label: '5-10%', dots: 1, max: 11 },
  ],
  instance_types: { 'm7i.xlarge': { emr: true, cores: 4, ram_gb: 16 } },
  spot_advisor: {
    'us-east-1': {
      Linux: { 'm7i.xlarge': { s: 61, r: 1 } },
      Windows: { 'm7i.xlarge': { s: 30, r: 0 } },
    },
  },
};

const json = (value: unknown) => ({ type: 'application/json', body: JSON.stringify(value) });
const csv = (body: string) => ({ type: 'text/csv', body, headers: { etag: `"${body.length}"` } });

const AWS_REGIONS = ['us-east-1', 'eu-central-1', 'us-west-2-lax-1', 'us-gov-west-1', 'cn-north-1'];
const OFFERS = '/offers/v1.0/aws/AmazonEC2/current';

/** AWS's lists of three regions that anybody can use, and two that not everybody can. */
export const awsShelf = (): Shelf => {
  const frankfurt = [
    awsMachine('m7i.xlarge', '0.2415000000'),
    awsMachine('m7a.xlarge', '0.2727400000'),
  ];
  return {
    [`${OFFERS}/region_index.json`]: () =>
      json({
        formatVersion: 'v1.0',
        publicationDate: '2026-08-30T18:09:20Z',
        regions: Object.fromEntries(AWS_REGIONS.map((regionCode) => [regionCode, { regionCode }])),
      }),
    [`${OFFERS}/us-east-1/index.csv`]: () => csv(awsCsv(AWS_VIRGINIA)),
    [`${OFFERS}/eu-central-1/index.csv`]: () => csv(awsCsv(frankfurt)),
    [`${OFFERS}/us-west-2-lax-1/index.csv`]: () => csv(awsCsv(AWS_LOCAL, AWS_LOCAL_COLUMNS)),
    '/spot.json': () => json(AWS_SPOT),
    '/spot-advisor-data.json': () => json(AWS_ADVISOR),
  };
};
