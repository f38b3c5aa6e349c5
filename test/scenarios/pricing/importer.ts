// Imports a list again and again into the catalog of a folder: `importer.ts FOLDER ROWS TIMES SEED`.
// The price of every row of one import is the same number, so that a mixture shows.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createPricing } from '../../../control-plane/pricing/create-pricing.ts';
import { realClock } from '../../helpers/manual-clock.ts';
import { silentLog } from '../../helpers/stand-ins.ts';

const [folder = '', rows = '0', times = '0', seed = '1'] = process.argv.slice(2);

function* lines(price: number): Generator<string> {
  yield 'cloud,region,zone,instance_type,vcpus,memory_gib,price\n';
  for (let row = 0; row < Number(rows); row++) {
    yield `gcp,r${row % 40},,t${Math.floor(row / 40)},4,16,${price}\n`;
  }
}

const pricing = createPricing({
  ...{ dataDir: folder, clock: realClock, log: silentLog, fetch },
  random: (count) => randomBytes(count),
});
process.stdout.write('ready\n');
for (let time = 0; time < Number(times); time++) {
  await pricing.import(Readable.from(lines(Number(seed) + time), { objectMode: false }), 'list');
  process.stdout.write('imported\n');
}
pricing.close();
