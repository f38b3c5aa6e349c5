// Makes the one file that travels to nodes: worker/ and protocol/ with the libraries that they use.
// `node scripts/bundle-worker.ts OUTFILE`
import { bundleWorker } from './worker-bundle.ts';

const [outfile] = process.argv.slice(2);
if (outfile === undefined) throw new Error('Expected the path of the file to write');
await bundleWorker(outfile);
