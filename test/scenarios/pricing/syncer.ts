// Syncs AWS's list again and again into the catalog of a folder: `syncer.ts FOLDER URL TIMES`.
import { randomBytes } from 'node:crypto';
import { createPricing } from '../../../control-plane/pricing/create-pricing.ts';
import { realClock } from '../../helpers/manual-clock.ts';
import { silentLog } from '../../helpers/stand-ins.ts';

const [folder = '', url = '', times = '0'] = process.argv.slice(2);

const pricing = createPricing({
  ...{ dataDir: folder, clock: realClock, log: silentLog, fetch },
  random: (count) => randomBytes(count),
  urls: { awsPrices: url, awsSpot: `${url}/spot.json`, awsAdvisor: `${url}/advisor.json` },
});
process.stdout.write('ready\n');
const { signal } = new AbortController();
for (let time = 0; time < Number(times); time++) {
  for await (const event of await pricing.sync({ providers: ['aws'] }, signal)) {
    if (event.t === 'failed') throw new Error(event.message);
  }
}
pricing.close();
