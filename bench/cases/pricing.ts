import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openCatalogDb } from '../../control-plane/db/open-catalog.ts';
import { queryBest } from '../../control-plane/pricing/queries.ts';
import { readMarket } from '../../control-plane/pricing/read-market.ts';
import { BestQuery } from '../../protocol/messages/pricing.ts';
import type { Bench, Case, Row } from '../case.ts';
import { now } from '../clock.ts';
import { compareColumns } from '../columns.ts';

const MIB = 1 << 20;
const QUERIES = 1000;

/** 96,712 real offers, beside the checkout; where the file is not, as many that are made up. */
const REAL = '../../../shared/data/offers-2026.csv.gz';

function* madeUp(rows: number): Generator<string> {
  yield 'cloud,region,zone,instance_type,vcpus,memory_gib,price,spot_price\n';
  for (let row = 0; row < rows; row++) {
    const [region, type] = [row % 60, Math.floor(row / 60)];
    const cpus = 2 ** (type % 7);
    const price = cpus * (0.04 + (region % 13) / 500 + (type % 17) / 900);
    yield `gcp,r${region},,t${type}-${cpus},${cpus},${cpus * 4},${price},${price * 0.3}\n`;
  }
}

const listFile = async (bench: Bench, folder: string): Promise<string> => {
  const real = join(import.meta.dirname, REAL);
  if (existsSync(real) && !bench.quick) return real;
  const path = join(folder, 'offers.csv');
  await writeFile(path, madeUp(bench.quick ? 5000 : 96_712));
  return path;
};

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(share * sorted.length)] ?? 0;

const WHERE = [{}, { region: 'us' }, { region: 'eu' }, { provider: 'gcp' }, { spot: 'prefer' }];

/** A thousand different questions: no two want the same cores, memory and disk. */
const questions = (count: number): BestQuery[] =>
  Array.from({ length: count }, (_, index) =>
    BestQuery.parse({
      cpus: String(1 + (index % 64)),
      memory: `${1 + ((index * 7) % 120)}GB`,
      disk: `${20 + index}GB`,
      ...WHERE[index % WHERE.length],
    }),
  );

const askWithin = (home: string): { times: number[]; answered: number } => {
  const db = openCatalogDb(join(home, 'catalog.db'));
  const market = readMarket(db);
  let answered = 0;
  const times = questions(QUERIES).map((question) => {
    const start = now();
    try {
      queryBest(market, question);
      answered++;
    } catch {
      // Nothing is that large in the EU, say: that is an answer too.
    }
    return now() - start;
  });
  db.$client.close();
  return { times: times.sort((a, b) => a - b), answered };
};

const row = (what: string, ms: number, goal: string, note: string): Row => ({
  ...{ case: 'pricing', what, ms, ratio: null, goal, note },
});

const catalogRows = async (bench: Bench): Promise<Row[]> => {
  const folder = await bench.folder('pricing');
  const list = await listFile(bench, folder);
  const home = bench.env.PX_HOME ?? '';
  await bench.run([bench.px, 'server', 'start'], {});
  const imported = await bench.median([bench.px, 'pricing', 'import', list], {});
  const bytes = statSync(join(home, 'catalog.db')).size;
  const command = await bench.median(
    [bench.px, 'pricing', 'best', '--cpus', '4', '--memory', '16GB'],
    {},
  );
  const { times, answered } = askWithin(home);
  const answer = join(folder, 'offers.json');
  const ls = [bench.px, 'pricing', 'ls', '--all', '--json', '--limit', '100000'];
  const listed = await bench.run(ls, { stdout: answer });
  const same = await compareColumns(list, answer);
  return [
    row(
      'px pricing import',
      imported,
      '< 1500 ms',
      `${(bytes / MIB).toFixed(1)} MB catalog (goal < 6 MB)`,
    ),
    row('px pricing best', command, '< 300 ms', 'the whole command'),
    row(
      'best, inside',
      quantile(times, 0.5),
      'p50 < 5 ms',
      `p95 ${quantile(times, 0.95).toFixed(1)} ms, ${QUERIES} different queries, ${answered} with a winner`,
    ),
    row(
      'px pricing ls --json',
      listed.ms,
      'every cell as it was imported',
      `${same.rows} rows of ${same.columns} columns, all alike`,
    ),
  ];
};

const HEADER =
  '"TermType","Unit","PricePerUnit","Instance Type","vCPU","Memory","Tenancy","Operating System","Pre Installed S/W","Description"\n';
const PREAMBLE = '"a","1"\n"b","2"\n"c","3"\n"d","4"\n"e","5"\n';

/** Lines of an AWS price list: one in eight has a plain price, one in a thousand is what px looks for. */
function* awsLines(bytes: number): Generator<string> {
  yield PREAMBLE + HEADER;
  const filler = 'Windows with SQL Server Web (Amazon VPC) reserved instance applied '.repeat(6);
  for (let sent = 0, line = 0; sent < bytes; ) {
    let piece = '';
    for (let count = 0; count < 500; count++, line++) {
      const term = line % 8 === 0 ? 'OnDemand' : 'Reserved';
      const system = line % 1000 === 0 ? 'Linux' : 'Windows';
      piece += `"${term}","Hrs","0.${1000 + (line % 7919)}","m7i.${line % 997}xlarge","4","16 GiB","Shared","${system}","NA","${filler}"\n`;
    }
    sent += piece.length;
    yield piece;
  }
}

/** Peak memory of this bench's own control plane since its start (Linux: VmHWM), in bytes. */
const serverPeak = async (bench: Bench): Promise<number> => {
  const { stdout } = await bench.run([bench.px, 'server', 'status', '--json'], {});
  const { pid } = JSON.parse(stdout) as { pid: number };
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
};

/** A server with one region of AWS, as large as `bytes`. */
const startAws = async (bytes: number) => {
  const server = createServer((request, response) => {
    const isCsv = request.url?.endsWith('.csv') === true;
    response.writeHead(200, { 'content-type': isCsv ? 'text/csv' : 'application/json' });
    if (isCsv) Readable.from(awsLines(bytes)).pipe(response);
    else if (request.url?.endsWith('region_index.json'))
      response.end('{"regions":{"us-east-1":{}}}');
    else response.end('{"config":{"regions":[]},"ranges":[],"spot_advisor":{}}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url, close };
};

const streamed = async (bench: Bench): Promise<Row> => {
  const bytes = (bench.quick ? 16 : 2048) * MIB;
  const aws = await startAws(bytes);
  await bench.run([bench.px, 'server', 'stop'], {});
  const urls = {
    awsPrices: aws.url,
    awsSpot: `${aws.url}/spot.json`,
    awsAdvisor: `${aws.url}/advisor`,
    // Whoever has an account on this machine is not asked about it.
    awsEc2: aws.url,
  };
  const settings = join(bench.env.PX_HOME ?? '', 'settings.json');
  await writeFile(settings, JSON.stringify({ pricingUrls: urls }));
  await bench.run([bench.px, 'server', 'start'], {});
  const sync = [bench.px, 'pricing', 'sync', '--provider', 'aws'];
  const { ms } = await bench.run(sync, {});
  const server = await serverPeak(bench);
  await writeFile(settings, '{}');
  await bench.run([bench.px, 'server', 'stop'], {});
  aws.close();
  const rate = bytes / MIB / (ms / 1000);
  return row(
    `sync of ${bytes / MIB} MB of AWS`,
    ms,
    'server < 200 MB',
    `${rate.toFixed(0)} MB/s; peak of the server ${Math.round(server / MIB)} MB`,
  );
};

/** The catalog at full size: import, query, command; and a price list far larger than the memory for it. */
export const pricing: Case = {
  name: 'pricing',
  run: async (bench) => [...(await catalogRows(bench)), await streamed(bench)],
};
