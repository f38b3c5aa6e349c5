import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createOpenAccounts } from '../../../control-plane/accounts/open-accounts.ts';
import { clusterRequirements } from '../../../control-plane/pricing/requirements.ts';
import type { AccountReference } from '../../../protocol/accounts.ts';
import type { SyncEvent } from '../../../protocol/messages/pricing.ts';
import { awsShelf } from '../../emulators/pricing/aws.ts';
import { azureAccount } from '../../emulators/pricing/azure.ts';
import { digitalOceanAccount, digitalOceanShelf } from '../../emulators/pricing/digitalocean.ts';
import { ec2Shelf } from '../../emulators/pricing/ec2.ts';
import { gcpAccount, gcpShelf } from '../../emulators/pricing/gcp.ts';
import { type Cloud, startCloud } from '../../emulators/pricing/server.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import {
  awsAccount,
  connected,
  createTestPricing,
  makeFolder,
  queryOf,
  type TestPricing,
} from '../../helpers/pricing.ts';

const DAY_MS = 86_400_000;
const { signal } = new AbortController();

/** The way of a control plane on the caller's own machine. */
const localAccounts = (env: Record<string, string> = {}) => {
  const proxies: unknown[] = [];
  const open = createOpenAccounts({
    ...{ env, isLocal: true, fetch, now: () => 0 },
    run: () => Promise.reject(new Error('no such program')),
    useProxies: (own) => proxies.push(own),
  });
  return { open, proxies };
};

/** A home in which doctl was used. */
const homeOfDoctl = (t: Cleanup): { home: string; forget(): void } => {
  const home = makeFolder(t);
  const folder = join(home, '.config/doctl');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.yaml'), 'access-token: do-token\n');
  return { home, forget: () => rmSync(folder, { recursive: true }) };
};

const syncedWith = async (
  pricing: TestPricing,
  providers: string[],
  reference: AccountReference | null,
): Promise<SyncEvent[]> => {
  const events: SyncEvent[] = [];
  for await (const event of await pricing.sync({ providers }, signal, reference)) {
    events.push(event);
  }
  return events;
};

const told = (events: readonly SyncEvent[]): string[] =>
  events.flatMap((event) =>
    event.t === 'progress'
      ? []
      : [`${event.source} ${event.t}${'message' in event ? `: ${event.message}` : ''}`],
  );

describe('a sync with an account', () => {
  test('finds it where the caller says, and keeps no more of it than that', async (t) => {
    const clock = createManualClock();
    const cloud = await startCloud(t, digitalOceanShelf());
    const { home, forget } = homeOfDoctl(t);
    const { open, proxies } = localAccounts();
    const pricing = createTestPricing(t, cloud, { clock, openAccounts: open });
    const reference = { env: { HOME: home, HTTPS_PROXY: 'http://u:pw@proxy' } };
    const events = await syncedWith(pricing, ['digitalocean'], reference);
    assert.deepEqual(told(events), ['digitalocean done']);
    assert.deepEqual(proxies, [reference.env]);
    const problem = () => pricing.sources().find(({ name }) => name === 'digitalocean')?.problem;
    // A day later nobody is there to say it again.
    clock.advance(DAY_MS + 1);
    cloud.requests.length = 0;
    await pricing.refresh(signal);
    assert.ok(cloud.requests.length > 0);
    assert.equal(problem(), null);
    assert.deepEqual(proxies.slice(1), [{ HOME: home }]);
    forget();
    clock.advance(DAY_MS + 1);
    await pricing.refresh(signal);
    assert.match(problem() ?? '', /is not kept/);
    clock.advance(DAY_MS);
    const { notices } = await pricing.best(queryOf('cpus=4&provider=digitalocean'));
    assert.match(notices.join(), /digitalocean are 2 days old\. Its account/);
  });

  test('reads the public list instead where the API refuses, and says so', async (t) => {
    const cloud = await startCloud(t, gcpShelf('another'));
    const pricing = createTestPricing(t, cloud, { openAccounts: connected(gcpAccount()) });
    const events = told(await pricing.synced({ providers: ['gcp'] }));
    assert.match(events[0] ?? '', /^gcp-billing notice: .*401.*The public list is read instead\.$/);
    assert.deepEqual(events.slice(1), ['gcp-list done']);
  });

  test('says what is wrong with an account, and goes on without', async (t) => {
    const cloud = await startCloud(t, gcpShelf());
    const { open } = localAccounts();
    const pricing = createTestPricing(t, cloud, { openAccounts: open });
    const reference = { env: { HOME: '/nonexistent', GOOGLE_APPLICATION_CREDENTIALS: '/no.json' } };
    const events = told(await syncedWith(pricing, ['gcp'], reference));
    assert.match(
      events[0] ?? '',
      /^gcp notice: The account of gcp .*\/no\.json, which is not there\. Try: .*gcloud auth/,
    );
    assert.deepEqual(events.slice(1), ['gcp-list done']);
  });

  test('says what is wrong where there is no list without one', async (t) => {
    const { open } = localAccounts();
    const pricing = createTestPricing(t, null, { openAccounts: open });
    const { home } = homeOfDoctl(t);
    const reference = { env: { HOME: home, DIGITALOCEAN_CONTEXT: 'absent' } };
    await assert.rejects(syncedWith(pricing, ['digitalocean'], reference), {
      message: /doctl has no context `absent`/,
      hint: 'doctl auth init --context absent',
    });
  });

  test('takes nobody at his word for paths where the control plane has an identity of its own', async (t) => {
    const { home } = homeOfDoctl(t);
    const open = createOpenAccounts({
      ...{ env: { HOME: '/nonexistent' }, isLocal: false, fetch, now: () => 0 },
      run: () => Promise.reject(new Error('no such program')),
      useProxies: () => assert.fail('a stranger sets no proxy'),
    });
    assert.deepEqual(await open({ env: { HOME: home } }, ['digitalocean']), {
      accounts: {},
      problems: [],
    });
  });
});

describe('the offers for a cluster', () => {
  const ranked = async (pricing: TestPricing, query: string) =>
    pricing.rankForCluster(clusterRequirements(queryOf(query)), 100, { env: {} });

  const everywhere = async (t: Cleanup): Promise<Cloud> =>
    startCloud(t, {
      ...{ ...gcpShelf(), ...awsShelf(), ...digitalOceanShelf() },
      ...ec2Shelf(['us-east-1']),
    });

  test('leave out regions that the account does not have, and say so', async (t) => {
    const accounts = { ...(await awsAccount()), ...gcpAccount(), ...digitalOceanAccount };
    const cloud = await everywhere(t);
    const pricing = createTestPricing(t, cloud, { openAccounts: connected(accounts) });
    await pricing.synced();
    for (const [provider, own, others] of [
      ['aws', ['us-east-1'], 'eu-central-1'],
      ['gcp', ['us-central1'], 'europe-west1'],
      ['digitalocean', ['fra1'], 'nyc1'],
    ] as const) {
      const query = `provider=${provider}&region=any&arch=any&burstable=1&limit=1000`;
      const { offers, notices } = await ranked(pricing, query);
      assert.deepEqual([...new Set(offers.map(({ region }) => region))], own);
      assert.deepEqual(notices, []);
      const { items } = await pricing.offers(queryOf(`${query}&all=1`));
      assert.ok(items.some(({ region }) => region === others));
    }
  });

  test('name an offer that only such a region has with the reason', async (t) => {
    const cloud = await everywhere(t);
    const openAccounts = connected(await awsAccount());
    const pricing = createTestPricing(t, cloud, { openAccounts });
    await pricing.importCsv(
      'cloud,region,instance_type,vcpus,memory_gib,price\naws,us-east-1,a,4,16,2\naws,eu-central-1,a,4,16,1\n',
    );
    const { passed, offers } = await ranked(pricing, 'provider=aws&region=any');
    assert.deepEqual(
      [offers.length, passed[0]?.region, passed[0]?.reason, passed[0]?.why],
      [1, 'eu-central-1', 'account_region', 'is in eu-central-1, which the account does not have'],
    );
    await assert.rejects(ranked(pricing, 'provider=aws&region=eu-central-1'), {
      code: 'no_offer',
      message: /account region/,
    });
  });

  test('are asked of the account once, and come without it where it cannot say', async (t) => {
    const clock = createManualClock();
    const cloud = await everywhere(t);
    const openAccounts = connected({ ...(await awsAccount()), ...azureAccount });
    const pricing = createTestPricing(t, cloud, { openAccounts, clock });
    await pricing.importCsv(
      'cloud,region,instance_type,vcpus,memory_gib,price\naws,us-east-1,a,4,16,2\nazure,eastus,b,4,16,1\n',
    );
    const { offers, notices } = await ranked(pricing, 'cpus=4');
    // Nothing answers for Azure here.
    assert.deepEqual(
      offers.map(({ cloud: name }) => name),
      ['azure', 'aws'],
    );
    assert.match(notices.join(), /your account of azure has is not known/);
    const asked = () => cloud.requests.filter((path) => path.includes('DescribeRegions')).length;
    await ranked(pricing, 'cpus=4');
    assert.equal(asked(), 1);
    clock.advance(DAY_MS);
    await ranked(pricing, 'cpus=4');
    assert.equal(asked(), 2);
  });
});
