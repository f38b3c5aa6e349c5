import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { pxHome } from '../../helpers/px-home.ts';

const MIB = 2 ** 20;
/** Far more than the memory it may take; two gigabytes (bench/cases/pricing.ts) take no more. */
const LIST_BYTES = 512 * MIB;
const PEAK_MAX_BYTES = 200 * MIB;

const HEAD = `${'"preamble","1"\n'.repeat(5)}"TermType","Unit","PricePerUnit","Instance Type","vCPU","Memory","Tenancy","Operating System","Description"\n`;

/** Lines as AWS has them: reservations of everything, and one machine in eight at its plain price. */
function* awsLines(bytes: number): Generator<string> {
  yield HEAD;
  const filler = 'Windows with SQL Server Web (Amazon VPC) reserved instance applied '.repeat(6);
  for (let sent = 0, line = 0; sent < bytes; ) {
    let piece = '';
    for (let count = 0; count < 200; count++, line++) {
      const term = line % 8 === 0 ? 'OnDemand' : 'Reserved';
      const system = line % 1000 === 0 ? 'Linux' : 'Windows';
      piece += `"${term}","Hrs","0.${1000 + (line % 7919)}","m7i.${line % 997}xlarge","4","16 GiB","Shared","${system}","${filler}"\n`;
    }
    sent += piece.length;
    yield piece;
  }
}

const startAws = async (t: Cleanup): Promise<string> => {
  const server = createServer(({ url = '' }, response) => {
    const isList = url.endsWith('.csv');
    response.writeHead(200, { 'content-type': isList ? 'text/csv' : 'application/json' });
    if (isList) Readable.from(awsLines(LIST_BYTES)).pipe(response);
    else if (url.endsWith('region_index.json')) response.end('{"regions":{"us-east-1":{}}}');
    else response.end('{"config":{"regions":[]},"ranges":[],"spot_advisor":{}}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('a price list far larger than the memory for it goes through the control plane', async (t) => {
  const url = await startAws(t);
  const at = pxHome(t);
  await at.px('server start');
  await at.px('server stop');
  const pricingUrls = { awsPrices: url, awsSpot: `${url}/spot`, awsAdvisor: `${url}/advisor` };
  writeFileSync(join(at.home, 'settings.json'), JSON.stringify({ pricingUrls }));
  const { status, stderr } = await at.px('pricing sync --provider aws');
  assert.deepEqual([status, stderr], [0, '<px> Synced [aws-list]: 997 offers. ✅\n']);
  const { pid } = (await at.pxJson('server status')) as { pid: number };
  // VmHWM is the peak since the process began, in kB.
  const [, peak] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  assert.ok(Number(peak) * 1024 < PEAK_MAX_BYTES, `peak: ${peak} kB`);
});
