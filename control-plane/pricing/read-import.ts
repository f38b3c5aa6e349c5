import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PxError } from '../../protocol/errors.ts';
import { type Cells, readCsv } from './csv.ts';
import {
  badImport,
  type Columns,
  cellReaders,
  importColumns,
  type Read,
  tooManyCells,
} from './import-cells.ts';
import type { InstanceType, Origin, Place, SourceRow } from './offer.ts';

/** Fifty times the largest list known: what a small gzip can hold must not fill the disk. */
const ROWS_MAX = 5_000_000;
/** The smallest share of a core that a cloud sells is an eighth; less is a slip, and prices a core at infinity. */
const VCPUS_MIN = 0.01;

/**
 * What the same cells say is read once and is one object: a list names three thousand types a hundred
 * thousand times, and what it costs to read and store falls by half.
 */
const sharing = <T>(cells: readonly ((cells: Cells) => string)[], read: Read<T>): Read<T> => {
  const known = new Map<string, T>();
  return (line, number) => {
    let key = '';
    for (const cell of cells) key += `${cell(line)}\n`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = read(line, number);
    known.set(key, value);
    return value;
  };
};

const TYPE_COLUMNS = [
  ...['cloud', 'instance_type', 'vcpus', 'memory_gib', 'arch', 'burstable', 'bare_metal'],
  ...['gpu_name', 'gpu_count', 'prev_gen', 'local_disk_gb'],
];

const typeReader = (columns: Columns): Read<InstanceType> => {
  const cell = cellReaders(columns);
  const read = {
    cloud: cell.cloud(),
    name: cell.text('instance_type'),
    vcpus: cell.amount('vcpus', VCPUS_MIN),
    memoryGib: cell.amount('memory_gib', 0),
    arch: cell.arch(),
    burstable: cell.flag('burstable'),
    bareMetal: cell.flag('bare_metal'),
    gpuName: columns.optional('gpu_name'),
    gpuCount: cell.amountOr0('gpu_count'),
    prevGen: cell.flag('prev_gen'),
    localDiskGb: cell.amountOr0('local_disk_gb'),
  };
  return sharing(TYPE_COLUMNS.map(columns.optional), (cells, line) => ({
    cloud: read.cloud(cells, line),
    name: read.name(cells, line),
    vcpus: read.vcpus(cells, line),
    memoryGib: read.memoryGib(cells, line),
    arch: read.arch(cells, line),
    burstable: read.burstable(cells, line),
    bareMetal: read.bareMetal(cells, line),
    gpuName: read.gpuName(cells),
    gpuCount: read.gpuCount(cells, line),
    prevGen: read.prevGen(cells, line),
    localDiskGb: read.localDiskGb(cells, line),
  }));
};

const placeReader = (columns: Columns): Read<Place> => {
  const cell = cellReaders(columns);
  const cloud = cell.cloud();
  const region = cell.text('region');
  const zone = columns.optional('zone');
  return sharing(['cloud', 'region', 'zone'].map(columns.optional), (cells, line) => ({
    cloud: cloud(cells, line),
    region: region(cells, line),
    zone: zone(cells),
  }));
};

const originReader = (columns: Columns, fallback: Origin): Read<Origin> => {
  const cell = cellReaders(columns);
  const source = columns.optional('source');
  const asOf = cell.date('as_of');
  const spotAsOf = cell.date('spot_as_of');
  return sharing(['source', 'as_of', 'spot_as_of'].map(columns.optional), (cells, line) => ({
    source: source(cells) || fallback.source,
    asOf: asOf(cells, line) || fallback.asOf,
    spotAsOf: spotAsOf(cells, line),
  }));
};

const createReader = (header: Cells, fallback: Origin): Read<SourceRow> => {
  const columns = importColumns(header);
  const cell = cellReaders(columns);
  const type = typeReader(columns);
  const place = placeReader(columns);
  const origin = originReader(columns, fallback);
  const price = cell.price('price', true);
  const spotPrice = cell.price('spot_price', false);
  const interruption = columns.optional('interruption');
  return (cells, line) => {
    // A comma too many moves every column behind it: `0,10` is no price.
    if (cells.length > header.length) throw tooManyCells(line, cells.length, header.length);
    return {
      offer: {
        type: type(cells, line),
        place: place(cells, line),
        origin: origin(cells, line),
        price: price(cells, line),
        spotPrice: spotPrice(cells, line),
        interruption: interruption(cells),
      },
    };
  };
};

/** The bytes as text: unpacked where they begin as gzip does. */
async function* unpacked(input: Readable): AsyncGenerator<Uint8Array> {
  const pieces = input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const { done, value } = await pieces.next();
    if (done === true) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  const whole = Readable.from(joined(head, pieces), { objectMode: false });
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  if (!isGzip) {
    yield* whole as AsyncIterable<Uint8Array>;
    return;
  }
  const gunzip = createGunzip();
  whole.once('error', (error) => gunzip.destroy(error));
  try {
    yield* whole.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw code.startsWith('Z_')
      ? badImport('The file is a damaged gzip.', 'Unpack it, or make it again.')
      : cause;
  }
}

async function* joined(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (;;) {
    const { done, value } = await rest.next();
    if (done === true) return;
    yield value;
  }
}

/**
 * Reads offers as `px pricing import` takes them: CSV, plain or gzip, a column by its name. Throws
 * `bad_input` with line and column, `too_large`.
 */
export async function* readImport(input: Readable, fallback: Origin): AsyncGenerator<SourceRow> {
  let rows = 0;
  const text = Readable.from(unpacked(input), { objectMode: false });
  const columns = (header: Cells) => createReader(header, fallback);
  const damaged = (message: string): PxError => badImport(`The file is no CSV: ${message}.`);
  for await (const row of readCsv(text, { columns, damaged })) {
    if (++rows > ROWS_MAX) {
      throw new PxError('too_large', `The file has more than ${ROWS_MAX} rows.`, {
        hint: 'Split it, and import each piece with its own --source.',
      });
    }
    yield row;
  }
}
