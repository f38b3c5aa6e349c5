import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApp } from '../../../control-plane/app.ts';
import { allHandlers } from '../../../control-plane/handlers.ts';
import { createPricing } from '../../../control-plane/pricing/create-pricing.ts';
import { ErrorBody } from '../../../protocol/errors.ts';
import {
  BestReply,
  ClusterOffersReply,
  CompareReply,
  ImportReply,
  OffersReply,
  RegionView,
  SourceView,
  SyncEvent,
} from '../../../protocol/messages/pricing.ts';
import { PROTOCOL, PROTOCOL_HEADER } from '../../../protocol/version.ts';
import { awsShelf } from '../../emulators/pricing/aws.ts';
import { gcpShelf } from '../../emulators/pricing/gcp.ts';
import { startCloud } from '../../emulators/pricing/server.ts';
import { makeTokens } from '../../helpers/app.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { makeFolder } from '../../helpers/pricing.ts';

const LIST = `cloud,region,zone,instance_type,vcpus,memory_gib,price,spot_price,as_of,source,local_disk_gb
gcp,us-central1,us-central1-a,e2-standard-4,4,16,0.134012,0.0536,2026-08-01,list
gcp,europe-west1,,n2-standard-8,8,32,0.4272,,2026-08-01,list
aws,us-east-1,,m7i.xlarge,4,16,0.2016,0.0780,2026-08-01,list
digitalocean,fra1,,g-4vcpu-16gb,4,16,0.1875,,2026-08-01,list,50
azure,eastus,,Standard_D4s_v5,4,16,0.192,0.0384,2026-08-01,list
`;

const setUp = async (t: Cleanup) => {
  const cloud = await startCloud(t, { ...gcpShelf(), ...awsShelf() });
  const plain = createTestDeps(t);
  const { clock, log, random } = plain;
  const pricing = createPricing({
    ...{ dataDir: makeFolder(t), clock, log, random, fetch },
    ...{ urls: cloud.urls, retryBaseMs: 1 },
  });
  t.after(pricing.close);
  const deps = { ...plain, pricing };
  const app = createApp(deps, allHandlers(deps));
  const headers = {
    [PROTOCOL_HEADER]: String(PROTOCOL),
    authorization: `Bearer ${makeTokens(deps).client}`,
  };
  const get = (path: string) => app.request(`/v1/pricing/${path}`, { headers });
  const post = (path: string, body: string, type: string) =>
    app.request(`/v1/pricing/${path}`, {
      ...{ method: 'POST', body, headers: { ...headers, 'content-type': type } },
    });
  const imported = await post('import?source=list', LIST, 'application/octet-stream');
  assert.equal(ImportReply.parse(await imported.json()).offers, 5);
  return { get, post };
};

describe('prices by HTTP', () => {
  test('offer a cluster what px.yaml would ask for: two cores, and 2 GB for each', async (t) => {
    const { get, post } = await setUp(t);
    const header = 'cloud,region,instance_type,vcpus,memory_gib,price\n';
    const types = ['one,1,4,0.01', 'lean,2,2,0.02', 'fits,2,4,0.05', 'more,8,16,0.06'];
    const rows = types.map((type) => `gcp,us-central1,${type}\n`).join('');
    await post('import?source=small', header + rows, 'application/octet-stream');
    const first = async (query: string): Promise<string | undefined> => {
      const reply = ClusterOffersReply.parse(
        await (await get(`cluster?provider=gcp${query}`)).json(),
      );
      return reply.offers[0]?.instance_type;
    };
    assert.equal(await first(''), 'fits');
    assert.equal(await first('&cpus=8'), 'more');
    assert.equal(await first('&cpus=1&memory=1GB'), 'one');
    assert.equal(await first('&nodes=4&per=cluster&cpus=8'), 'fits');
    assert.equal(await first('&nodes=4&per=cluster'), 'fits');
  });

  test('refuse an empty name: it would mean everywhere', async (t) => {
    const { get } = await setUp(t);
    for (const path of ['best?provider=', 'offers?region=us-east-1,', 'compare?zone=']) {
      const response = await get(path);
      const { error } = ErrorBody.parse(await response.json());
      assert.deepEqual([response.status, error.code], [400, 'bad_request']);
      assert.match(error.message, /Expected names, with commas between/);
    }
  });

  test('refuse a parameter that they do not have, and name the one that was meant', async (t) => {
    const { get } = await setUp(t);
    const hints = {
      'best?cpu=64': 'Did you mean `cpus`?',
      'offers?al=1': 'Did you mean `all`?',
      'cluster?mem=4GB': 'Did you mean `memory`?',
      'compare?instance-type=x': 'Did you mean `instance_type`?',
      'sources?all=1': '/v1/pricing/sources takes none.',
    };
    for (const [path, hint] of Object.entries(hints)) {
      const response = await get(path);
      const { error } = ErrorBody.parse(await response.json());
      const [name] = path.replace(/^.*\?/, '').split('=');
      assert.deepEqual([response.status, error.code, error.hint], [400, 'bad_request', hint]);
      assert.match(error.message, new RegExp(`Expected no parameter \`${name}\``));
    }
  });

  test('list offers page by page', async (t) => {
    const { get } = await setUp(t);
    const found: string[] = [];
    let cursor = '';
    do {
      const path = `offers?cpus=4&memory=16GB&limit=2${cursor && `&cursor=${cursor}`}`;
      const page = OffersReply.parse(await (await get(path)).json());
      found.push(...page.items.map(({ instance_type }) => instance_type));
      cursor = page.next ?? '';
    } while (cursor !== '');
    assert.deepEqual(found, [
      ...['e2-standard-4', 'g-4vcpu-16gb', 'Standard_D4s_v5', 'm7i.xlarge', 'n2-standard-8'],
    ]);
  });

  test('rank what a cluster is made of near home, or where it is told to be', async (t) => {
    const { get } = await setUp(t);
    const found = async (path: string) => {
      const reply = ClusterOffersReply.parse(await (await get(path)).json());
      return reply.offers.map(({ instance_type }) => instance_type);
    };
    assert.deepEqual(await found('cluster?provider=gcp,aws'), ['e2-standard-4', 'm7i.xlarge']);
    assert.deepEqual(await found('cluster?provider=gcp&region=any'), [
      ...['e2-standard-4', 'n2-standard-8'],
    ]);
    assert.deepEqual(await found('cluster?limit=1&region=eu'), ['g-4vcpu-16gb']);
    // The home region of a cloud need not be in the catalog; any other that is not is a slip.
    assert.equal((await get('cluster?provider=digitalocean')).status, 404);
    assert.equal((await get('cluster?provider=digitalocean&region=nyc9')).status, 400);
  });

  test('take a type that is named for a cluster as large as it is', async (t) => {
    const { get } = await setUp(t);
    const named = 'cluster?instance_type=e2-standard-4&cpus=64&memory=512GB';
    const { offers } = ClusterOffersReply.parse(await (await get(named)).json());
    assert.deepEqual(
      offers.map(({ instance_type }) => instance_type),
      ['e2-standard-4'],
    );
    const unknown = await get('cluster?instance_type=nope');
    const { error } = ErrorBody.parse(await unknown.json());
    assert.match(error.message, /no instance type `nope`/);
  });

  test('give the same as CSV', async (t) => {
    const { get } = await setUp(t);
    const response = await get('offers.csv?cpus=4&provider=aws');
    assert.match(response.headers.get('content-type') ?? '', /^text\/csv/);
    const [head = '', row = '', end] = (await response.text()).split('\n');
    assert.ok(head.startsWith('cloud,region,zone,instance_type,'));
    assert.ok(row.startsWith('aws,us-east-1,,m7i.xlarge,4,16,x86_64,0,0,,0,0,0.2016,0.078,'));
    assert.equal(end, '');
  });

  test('name the best of each cloud, the winner, and who was passed over', async (t) => {
    const { get } = await setUp(t);
    const best = BestReply.parse(await (await get('best?cpus=8&spot=prefer')).json());
    assert.equal(best.winner.instance_type, 'n2-standard-8');
    assert.deepEqual(best.passed_over.counts, { cpus: 7 });
    const each = BestReply.parse(await (await get('best?cpus=4&nodes=10&hours=2')).json());
    assert.deepEqual(
      each.clouds.map(({ cloud }) => cloud),
      ['gcp', 'digitalocean', 'azure', 'aws'],
    );
    assert.equal(each.winner.cost, (each.winner.total ?? 0) * 20);
  });

  test('compare clouds by the hour, the minute, a thousand core-hours, and with egress', async (t) => {
    const { get } = await setUp(t);
    const path = 'compare?cpus=4&compute_only=1&bucket=gcp:us-central1';
    const { items } = CompareReply.parse(await (await get(path)).json());
    const [google, ocean, , amazon] = items;
    assert.equal(google?.per_hour, 0.134012);
    assert.equal(google?.per_minute, 0.134012 / 60);
    assert.equal(google?.per_1000_core_hours, 134.012 / 4);
    assert.equal(Math.round(google?.spot_saving_percent ?? 0), 60);
    assert.equal(google?.egress_per_gb, 0);
    assert.equal(ocean?.spot_saving_percent, null);
    assert.equal(amazon?.egress_per_gb, 0.12, 'leaving Google costs the same wherever it goes');
  });

  test('tell sources and regions', async (t) => {
    const { get } = await setUp(t);
    const itemsOf = async (path: string): Promise<unknown> =>
      ((await (await get(path)).json()) as { items: unknown }).items;
    const sources = SourceView.array().parse(await itemsOf('sources'));
    const own = sources.find(({ name }) => name === 'list');
    assert.deepEqual([own?.kind, own?.offers, own?.as_of], ['import', 5, '2026-08-01']);
    const regions = RegionView.array().parse(await itemsOf('regions'));
    const groups = regions.map(({ cloud, region, group }) => `${cloud} ${region} ${group}`);
    assert.ok(groups.includes('gcp europe-west1 eu'));
    assert.ok(groups.includes('azure eastus us'));
  });

  test('are synced with a line of JSON for each step', async (t) => {
    const { post } = await setUp(t);
    const body = JSON.stringify({ providers: ['gcp'] });
    const response = await post('sync', body, 'application/json');
    const lines = (await response.text()).trimEnd().split('\n');
    const events = lines.map((line) => SyncEvent.parse(JSON.parse(line)));
    assert.deepEqual(
      events.findLast(({ t: kind }) => kind === 'done'),
      { t: 'done', source: 'gcp-list', offers: 9, skipped: 0 },
    );
  });

  const refusals: [string, string, RegExp][] = [
    ['best?cpus=500', 'no_offer', /passed over 5 for cpus/],
    ['best?memory=16', 'bad_request', /memory/],
    ['best?region=us-cental1', 'bad_request', /no region `us-cental1`/],
    ['best?provider=ibm', 'bad_request', /no provider `ibm`/],
    ['best?gpu=%3A%3A', 'bad_request', /Expected a GPU/],
    ['best?spot=maybe', 'bad_request', /spot/],
    ['offers?cursor=abc', 'bad_request', /cursor/],
    ['compare?bucket=%2F', 'bad_request', /Expected a bucket/],
  ];
  for (const [path, code, message] of refusals) {
    test(`refuse ${path} with ${code}`, async (t) => {
      const { get } = await setUp(t);
      const { error } = ErrorBody.parse(await (await get(path)).json());
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });
  }
});
