import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ClusterSpec } from '../../../protocol/messages/clusters.ts';
import type {
  BestReply,
  ClusterOffersReply,
  RankedOffer,
} from '../../../protocol/messages/pricing.ts';
import { awsShelf } from '../../emulators/pricing/aws.ts';
import { gcpShelf } from '../../emulators/pricing/gcp.ts';
import { type Cloud, startCloud } from '../../emulators/pricing/server.ts';
import { type PxHome, pxHome } from '../../helpers/px-home.ts';
import { tempDir } from '../../helpers/run-px.ts';

const ROOT = join(import.meta.dirname, '../../..');
const EXAMPLE = join(ROOT, 'examples/pricing/offers.csv');
const DOCS = join(ROOT, 'docs/pricing.md');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const TTY = { tty: 120, env: { NO_COLOR: '1' } };

describe('px pricing', () => {
  const undos: (() => unknown)[] = [];
  let at: PxHome;
  let cloud: Cloud;

  before(async () => {
    const t = { after: (undo: () => unknown) => void undos.push(undo) };
    cloud = await startCloud(t, { ...gcpShelf(), ...awsShelf() });
    at = pxHome(t);
    // The first command makes the folder; the server must not reach the real lists afterwards.
    await at.px('server start');
    await at.px('server stop');
    writeFileSync(join(at.home, 'settings.json'), JSON.stringify({ pricingUrls: cloud.urls }));
    const { status, stderr } = await at.px(['pricing', 'import', EXAMPLE]);
    assert.deepEqual([status, stderr], [0, '<px> Imported 38 offers as [import].\n']);
  });

  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });

  test('best prints on a terminal what the docs show', async () => {
    const { stdout, stderr } = await at.px('pricing best --cpus 4 --memory 16GB', TTY);
    const docs = readFileSync(DOCS, 'utf8');
    for (const line of `${stdout}${stderr}`.trimEnd().split('\n')) {
      assert.ok(docs.includes(`${line}\n`), line);
      assert.ok(README.includes(`${line}\n`), line);
    }
  });

  test('best says its words below the table, as the docs have it', async () => {
    const screen: string[] = [];
    const write = async (bytes: Uint8Array) => void screen.push(Buffer.from(bytes).toString());
    const terminal = { isTTY: true, columns: 120, write };
    const { env } = TTY;
    await at.px('pricing best --cpus 4 --memory 16GB', {
      env,
      stdout: terminal,
      stderr: terminal,
    });
    assert.match(screen.join(''), /^TYPE [\s\S]*2026-08-21\n<px> Cheapest: /);
  });

  test('the README shows the curl line that docs/pricing.md replays', () => {
    const [curl] = /^\$ curl .*\/best[^$]*/m.exec(readFileSync(DOCS, 'utf8')) ?? [];
    assert.ok(curl !== undefined && README.includes(curl), curl);
  });

  test('under -q each list is its first column, for a script to go on with', async () => {
    for (const command of ['ls --limit 2', 'best']) {
      const { stdout } = await at.px(`pricing ${command} --cpus 4 -q`);
      assert.match(stdout, /^[\w.-]+\n[\w.-]+\n([\w.-]+\n)*$/, command);
    }
  });

  test('ls --all gives every row, as CSV and as JSON', async () => {
    const rows = readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n').length - 1;
    const { stdout } = await at.px('pricing ls --all');
    assert.equal(stdout.trimEnd().split('\n').length - 1, rows);
    const million = await at.px('pricing ls --all --limit 1000000');
    assert.deepEqual([million.status, million.stdout], [0, stdout]);
    const json: RankedOffer[] = await at.pxJson('pricing ls --all');
    assert.equal(json.length, rows);
  });

  test('best says why cheaper offers were passed over', async () => {
    const { stderr } = await at.px('pricing best --cpus 4 --memory 8GB --compute-only');
    assert.match(
      stderr,
      /^<px> Cheapest: c-4 in fra1 \(digitalocean\), \$0\.1250 an hour: the machine alone, without disk and address\.$/m,
    );
    assert.match(stderr, /Passed over: s-4vcpu-8gb in fra1 .*: is burstable or shared-core\.$/m);
  });

  test('ls is CSV off a terminal, in the columns that import reads', async () => {
    const { stdout } = await at.px('pricing ls --cpus 4 --provider aws --limit 2');
    const [head = '', first = '', , end] = stdout.split('\n');
    const [columns = ''] = readFileSync(EXAMPLE, 'utf8').split('\n');
    assert.ok(head.startsWith(`${columns},`));
    assert.ok(first.startsWith('aws,us-east-1,,m6a.xlarge,4,16,'));
    assert.equal(end, '');
  });

  test('ls --json gives every column of a row', async () => {
    const offers = (await at.pxJson('pricing ls --all --limit 1000')) as RankedOffer[];
    assert.equal(offers.length, 38);
    const lines = readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n').slice(1);
    const own = offers.map((offer) =>
      [offer.cloud, offer.region, offer.instance_type, offer.price, offer.as_of].join(),
    );
    const theirs = lines.map((line) => {
      const [cloud, region, , type, , , , , , , , , price, , asOf] = line.split(',');
      return [cloud, region, type, price, asOf].join();
    });
    assert.deepEqual(own.sort(), theirs.sort());
  });

  test('compare puts clouds side by side', async () => {
    const { stdout } = await at.px('pricing compare --cpus 8 --nodes 10 --bucket gs://data', TTY);
    assert.match(stdout, /^CLOUD +TYPE +REGION +PER HOUR/);
    assert.match(stdout, /^aws +m7i\.2xlarge .* \$0\.1200 /m);
  });

  test('best --json has counts of all that was passed over', async () => {
    const best = (await at.pxJson('pricing best --cpus 4')) as BestReply;
    assert.ok((best.passed_over.counts.cpus ?? 0) > 0);
  });

  test('sync says what it fetched, and fails with 125 and the words of the cloud', async () => {
    const good = await at.px('pricing sync --provider gcp');
    assert.deepEqual(
      [good.status, good.stderr],
      [
        0,
        '<px> Synced [gcp-list]: 9 offers. ✅\n<px> [gcp-list] Overridden: 5 offers by the import [import].\n',
      ],
    );
    cloud.troubles.push({ path: /machine-types/, kind: 'refused', times: 1 });
    const bad = await at.px('pricing sync --provider gcp');
    assert.equal(bad.status, 125);
    assert.match(bad.stderr, /\[gcp-list\] .*403.*Permission denied/);
    assert.match(bad.stderr, /The catalog is as it was/);
  });

  test('sources and regions say where prices come from', async () => {
    const sources = await at.px('pricing sources', TTY);
    assert.match(sources.stdout, /^import +- +import +38 /m);
    const regions = await at.px('pricing regions', TTY);
    assert.match(regions.stdout, /^fra1 +digitalocean +eu /m);
  });

  test('cluster up --dry-run ranks the offers of the clouds for px.yaml, and touches nothing', async () => {
    const { status, stdout, stderr } = await at.px(
      'cluster up demo --provider gcp,aws --cpus 4 --nodes 2 --dry-run',
      TTY,
    );
    assert.equal(status, 0);
    const rows = stdout.split('\n').map((line) => line.split(/ +/).slice(0, 3).join(' '));
    assert.deepEqual(rows.slice(0, 4), [
      'TYPE CLOUD REGION',
      'e2-standard-4 gcp us-central1',
      'm6a.xlarge aws us-east-1',
      'c7i.xlarge aws us-east-1',
    ]);
    assert.equal(
      stderr,
      `<px> Chose [gcp]: 2 nodes x 4 cores = 8 cores; e2-standard-4 in us-central1, 16 GB each; goes down after 15m without a job.
<px> Costs $0.29 an hour, $0.0049 a minute; a node: machine $0.1340, disk $0.0068, address $0.0050.
<px> Where the first is sold out, px asks for the next: 8 offers.
<px> Nothing was touched.
`,
    );
    assert.deepEqual(await at.pxJson('cluster ls'), []);
  });

  test('cluster up --dry-run takes what px.yaml says, and the cloud of its buckets', async (t) => {
    const cwd = tempDir(t);
    writeFileSync(
      join(cwd, 'px.yaml'),
      `cluster: {name: jpg, nodes: 40, cpus_per_node: 4, memory_per_node: 16GB, disk_per_node: 100GB}
mounts: {/data: {source: 's3://pictures', store: s3}}
`,
    );
    const { stdout, stderr } = await at.px('cluster up --dry-run --json', { cwd });
    const plan = JSON.parse(stdout) as ClusterOffersReply & {
      spec: ClusterSpec;
      usdPerHour: number;
    };
    assert.equal(stderr, '');
    assert.deepEqual([plan.spec.provider, plan.spec.nodes], ['aws', 40]);
    const [first] = plan.offers;
    assert.ok(first !== undefined && first.memory_gib >= 16);
    assert.equal(first.cloud, 'aws');
    assert.equal(plan.usdPerHour, (first.total ?? 0) * 40);
    const text = await at.px('cluster up --dry-run', { cwd });
    assert.match(text.stderr, /above \$5\.00 an hour: px would ask first/);
  });

  test('cluster up --dry-run stays in the region that the cloud itself is set to', async () => {
    const words = 'cluster up demo --provider gcp --dry-run --json';
    const { stdout } = await at.px(words, { env: { CLOUDSDK_COMPUTE_REGION: 'europe-west4' } });
    const { offers } = JSON.parse(stdout) as ClusterOffersReply;
    assert.deepEqual([...new Set(offers.map(({ region }) => region))], ['europe-west4']);
  });

  test('import reads a pipe that has a name, as <(cmd) has one', async (t) => {
    const cwd = tempDir(t);
    execFileSync('mkfifo', [join(cwd, 'list')]);
    const header = 'cloud,region,instance_type,vcpus,memory_gib,price\n';
    const written = writeFile(join(cwd, 'list'), `${header}gcp,mars-1,t,1,1,1\n`);
    const { stderr } = await at.px('pricing import list --source piped', { cwd });
    await written;
    assert.equal(stderr, '<px> Imported 1 offer as [piped].\n');
    writeFileSync(join(cwd, 'none.csv'), header);
    const again = await at.px('pricing import none.csv --source piped', { cwd });
    assert.equal(again.stderr, '<px> Imported 0 offers as [piped], replacing 1 offer.\n');
  });

  test('import says in which file a line is wrong, and that a directory is one', async (t) => {
    const cwd = tempDir(t);
    const header = 'cloud,region,instance_type,vcpus,memory_gib,price\n';
    writeFileSync(join(cwd, 'bad.csv'), `${header}gcp,r,t,0,1,1\n`);
    const bad = await at.px('pricing import bad.csv', { cwd });
    assert.equal(bad.status, 125);
    assert.match(bad.stderr, /bad\.csv: Line 2, column `vcpus`: expected a number from/);
    const folder = await at.px('pricing import .', { cwd });
    assert.equal(folder.status, 125);
    assert.match(folder.stderr, /Expected a file, got the directory \./);
  });

  const refusals: [string, RegExp][] = [
    ['pricing best --cpus 500', /No offer meets the requirements/],
    ['pricing best --provider azure --spot', /for no spot price/],
    ['cluster up demo --provider digitalocean --cpus 96 --dry-run', /No offer meets/],
    ['pricing best --region us-cental1', /Did you mean us-central1/],
    ['pricing best --cpus four', /Expected --cpus to be a number above 0, got `four`\./],
    ['pricing best --memory 16', /Expected --memory to be a size with its unit, such as 16GB/],
    ['pricing best --arch sparc', /Expected --arch to be x86_64, arm64, any, got `sparc`/],
    ['pricing best --per nodes', /Expected --per to be node, cluster/],
    ['pricing best --hours 0', /Expected --hours to be a number above 0/],
    ['pricing ls --sort cheap', /Expected --sort to be price, spot,/],
    ['pricing best --provider gpc', /Known: .*gcp/],
    ['pricing best --provider=', /Expected --provider to be clouds such as gcp,aws, got ``/],
    ['pricing ls --region=', /Expected --region to be regions such as us-central1/],
    ['pricing compare --zone=', /Expected --zone to be zones such as us-central1-a/],
    ['pricing best --instance-type=', /Expected --instance-type to be types such as/],
    ['pricing sync --provider=', /Expected --provider to be clouds/],
    ['pricing sync --region=us-east-1,', /Expected --region to be regions .* got `us-east-1,`/],
    ['pricing best --zone mars-1-a', /no zone `mars-1-a`.*\n.*px pricing regions/],
    ['pricing sync --provider aws --region mars', /No list has the region mars/],
    [
      'pricing sync --provider gcp --region mars',
      /no region mars.*\n.*No list has the region mars/,
    ],
    ['pricing best --spot --prefer-spot', /--spot or --prefer-spot/],
    ['pricing import', /Expected a file/],
    ['pricing import a.csv --source A', /Expected --source to be a name like contract-2026/],
    ['pricing import absent.csv', /no file absent\.csv/],
    ['pricing sync --provider hetzner', /Expected a provider/],
  ];
  for (const [words, message] of refusals) {
    test(`${words} is refused with the next step`, async () => {
      const { status, stderr } = await at.px(words);
      assert.equal(status, 125);
      assert.match(stderr, message);
    });
  }
});
