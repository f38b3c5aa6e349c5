import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findGoogle } from '../../../../control-plane/accounts/find-google.ts';
import { runTool } from '../../../../control-plane/accounts/run-tool.ts';
import { PxError } from '../../../../protocol/errors.ts';
import { startGce } from '../../../emulators/gce/start.ts';
import type { Cleanup } from '../../../helpers/control-plane.ts';
import { GCP_SPEC, makeGcp, startOnPaper, upGcp } from '../../../helpers/gcp.ts';

const findAccount = async (env: Record<string, string>) => {
  const found = await findGoogle({
    ...{ env, fetch, run: runTool, ownIdentity: false, asksGcloud: true },
  });
  assert.ok(found !== null);
  return found;
};

const makeHome = (t: Cleanup): string => {
  const home = mkdtempSync(join(tmpdir(), 'px-account-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
};

/** gcloud as far as px asks it: `config config-helper --format=json`, whose form its help page shows. */
const fakeGcloud = (folder: string, script: string): string => {
  writeFileSync(join(folder, 'gcloud'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'gcloud'), 0o755);
  return `${folder}:/usr/bin:/bin`;
};

const HELPER = JSON.stringify({
  configuration: { properties: { core: { project: 'of-gcloud' } } },
  credential: { access_token: 'gcloud-token', token_expiry: '2036-11-21T17:00:00Z' },
});

const refusalOf = async (work: Promise<unknown>): Promise<PxError> => {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof PxError, String(error));
  return error;
};

describe('an account in Google Cloud', () => {
  test('none is said so, with the command that makes one', async (t) => {
    const { code, hint } = await refusalOf(findAccount({ HOME: makeHome(t), PATH: '/nowhere' }));
    assert.deepEqual(
      [code, hint],
      ['credentials_missing', 'gcloud auth application-default login'],
    );
  });

  test('a file that is named and not there, or holds something else, is named', async (t) => {
    const home = makeHome(t);
    const path = join(home, 'key.json');
    const env = { HOME: home, GOOGLE_APPLICATION_CREDENTIALS: path };
    assert.match((await refusalOf(findAccount(env))).message, /key\.json, which is not there/);
    writeFileSync(path, 'not json');
    assert.match((await refusalOf(findAccount(env))).message, /key\.json holds no credentials/);
    const account = { type: 'service_account', client_email: 'x@y', private_key: 'nope' };
    writeFileSync(path, JSON.stringify(account));
    const damaged = await refusalOf(findAccount(env));
    assert.match(damaged.message, /^The private_key in .*key\.json is damaged: /);
    writeFileSync(path, '{"type":"magic"}');
    assert.match((await refusalOf(findAccount(env))).message, /no credentials of type magic/);
  });

  test("without application default credentials gcloud's own token is used", async (t) => {
    const home = makeHome(t);
    const PATH = fakeGcloud(
      home,
      `[ "$*" = 'config config-helper --format=json' ] && echo '${HELPER}'`,
    );
    const { client, source } = await findAccount({ HOME: home, PATH });
    assert.equal(source, 'gcloud');
    assert.equal((await client.getAccessToken()).token, 'gcloud-token');
  });

  test('a gcloud that is not logged in is told in its own words', async (t) => {
    const home = makeHome(t);
    const PATH = fakeGcloud(
      home,
      'echo "You do not currently have an active account." >&2; exit 1',
    );
    const { message, hint } = await refusalOf(findAccount({ HOME: home, PATH }));
    assert.match(message, /do not currently have an active account/);
    assert.equal(hint, 'gcloud auth login');
  });

  test("the project is the variable's, else the credentials', else that of gcloud's configuration", async (t) => {
    const home = makeHome(t);
    const folder = join(home, '.config', 'gcloud');
    mkdirSync(join(folder, 'configurations'), { recursive: true });
    writeFileSync(
      join(folder, 'configurations', 'config_default'),
      '[core]\nproject = configured\n[compute]\nregion = europe-west1\n',
    );
    const user = {
      type: 'authorized_user',
      client_id: 'a',
      client_secret: 'b',
      refresh_token: 'c',
    };
    const file = join(folder, 'application_default_credentials.json');
    writeFileSync(file, JSON.stringify(user));
    const plain = await findAccount({ HOME: home });
    assert.deepEqual([plain.project, plain.region], ['configured', 'europe-west1']);
    writeFileSync(file, JSON.stringify({ ...user, quota_project_id: 'quota' }));
    assert.equal((await findAccount({ HOME: home })).project, 'quota');
    const named = await findAccount({ HOME: home, GOOGLE_CLOUD_PROJECT: 'named' });
    assert.equal(named.project, 'named');
  });
});

test('who logs in again is known by that from then on, so that a cluster goes down', async (t) => {
  const gce = await startOnPaper(t);
  const { home, provider, access } = makeGcp(t, gce);
  const { orders } = await upGcp({ provider, access });
  const down = () =>
    Promise.all(orders.map((order) => provider.destroy(order.nodeId, null, order)));
  gce.tokens.clear();
  gce.tokens.add('renewed-token');
  const { hint } = await refusalOf(down());
  assert.equal(hint, 'gcloud auth application-default login');
  const path = join(home, 'credentials.json');
  writeFileSync(path, `${readFileSync(path, 'utf8')}\n`);
  await down();
  assert.equal(gce.vms.size, 0);
});

test('credentials whose file is gone serve until px ends', async (t) => {
  const gce = await startOnPaper(t);
  const { home, provider, access } = makeGcp(t, gce);
  const { orders } = await upGcp({ provider, access });
  rmSync(join(home, 'credentials.json'));
  for (const order of orders) await provider.destroy(order.nodeId, null, order);
  assert.equal(gce.vms.size, 0);
});

describe('what an account lacks', () => {
  const planOn = async (
    t: Cleanup,
    change: (gce: Awaited<ReturnType<typeof startGce>>) => void,
  ) => {
    const gce = await startGce(t);
    change(gce);
    const { provider, access } = makeGcp(t, gce);
    return refusalOf(provider.plan({ name: 'jpg', spec: GCP_SPEC, access }));
  };

  test('all of it is reported at once, each with what mends it', async (t) => {
    const error = await planOn(t, (gce) => {
      gce.account.billingEnabled = false;
      gce.account.missingPermissions.add('compute.firewalls.create');
      gce.account.policies.add('compute.vmExternalIpAccess').add('compute.requireOsLogin');
      gce.networks.clear();
      for (const region of ['us-central1', 'us-east1', 'europe-west1']) {
        gce.quotas.set(`${region} CPUS`, 2);
      }
    });
    assert.equal(error.code, 'account_not_ready');
    for (const words of [
      /Billing is off for project demo-project\.\n +gcloud billing projects link/,
      /You lack compute\.firewalls\.create\.\n +gcloud projects add-iam-policy-binding .*securityAdmin/,
      /forbids external addresses \(compute\.vmExternalIpAccess\)/,
      /forces OS Login.*\(compute\.requireOsLogin\)/,
      /has no network default\.\n +px cluster up --create-network/,
      /Quota CPUS in us-central1 is 2, of which 0 are used: 4 more do not fit \(e2-standard-2, n2-standard-2\)\.\n +Ask for more/,
      /\(compute\.vmExternalIpAccess\)\.\n +cluster\.external_ip: none in px\.yaml/,
    ]) {
      assert.match(error.message, words);
    }
    assert.equal(error.hint, 'Mend these, then the same again.');
  });

  test('values that the cloud would refuse are refused before anybody is asked', async (t) => {
    const gce = await startGce(t);
    const { provider, access } = makeGcp(t, gce);
    const planWith = (more: Partial<typeof GCP_SPEC>) =>
      refusalOf(provider.plan({ name: 'jpg', spec: { ...GCP_SPEC, ...more }, access }));
    const life = /Expected cluster\.max_lifetime to be 30s to 120d, or 0, got /;
    assert.match((await planWith({ maxLifetimeMs: 5000 })).message, life);
    assert.match((await planWith({ maxLifetimeMs: 200 * 86_400_000 })).message, life);
    const { message } = await planWith({ diskBytes: 2 ** 30 });
    assert.match(message, /disk_per_node to be at least 10GB, as its image is, got 1GB/);
    assert.deepEqual(gce.calls, []);
  });

  test('a project that is not there is told in the words of Google, and one that cannot be is refused', async (t) => {
    const gce = await startGce(t);
    const { provider, access } = makeGcp(t, gce);
    const planIn = (project: string) =>
      refusalOf(provider.plan({ name: 'jpg', spec: { ...GCP_SPEC, project }, access }));
    const { message, hint } = await planIn('nonexist');
    assert.match(message, /not ready: The resource 'projects\/nonexist' was not found/);
    assert.match(hint ?? '', /gcloud projects list/);
    assert.match((await planIn('bad project!')).message, /id of a Google Cloud project, got `bad/);
  });

  test('an API that is not enabled is told in the words of Google, with the command', async (t) => {
    const error = await planOn(t, (gce) =>
      gce.account.disabledServices.add('compute.googleapis.com'),
    );
    assert.match(error.message, /Compute Engine API has not been used in project 123456789012/);
    assert.equal(
      error.hint,
      'gcloud services enable compute.googleapis.com --project demo-project',
    );
  });

  test('credentials that are no good any more are told so', async (t) => {
    const error = await planOn(t, (gce) => {
      const get = gce.tokens.has.bind(gce.tokens);
      gce.tokens.has = (token) => token === 'other' && get(token);
    });
    assert.match(error.message, /invalid authentication credentials/);
    assert.equal(error.hint, 'gcloud auth application-default login');
  });

  test('a quota of spot CPUs that is 0 leaves the regular one to count', async (t) => {
    const gce = await startGce(t);
    gce.quotas.set('us-central1 PREEMPTIBLE_CPUS', 0).set('us-central1 CPUS', 4);
    const gcp = makeGcp(t, gce, { spot: true });
    const ask = { name: 'jpg', spec: GCP_SPEC, access: gcp.access };
    assert.equal((await gcp.provider.plan(ask)).length, 2);
    gce.quotas.set('us-central1 PREEMPTIBLE_CPUS', 2);
    const [first] = await gcp.provider.plan(ask);
    assert.match(
      JSON.stringify(first?.plan),
      /"offer":\{"instanceType":"e2-standard-2","region":"us-east1"/,
    );
  });

  test('a region that the project does not have is left out', async (t) => {
    const gce = await startGce(t);
    const gcp = makeGcp(t, gce);
    const ask = { name: 'jpg', spec: GCP_SPEC, access: gcp.access };
    const regionOf = async (): Promise<string | undefined> => {
      const [node] = await gcp.provider.plan(ask);
      return /"region":"([^"]+)"/.exec(JSON.stringify(node?.plan))?.[1];
    };
    const first = await regionOf();
    gce.closedRegions.add(first ?? '');
    const second = await regionOf();
    assert.ok(second !== undefined && second !== first, `${second} after ${first}`);
    for (const region of gce.zones.values()) gce.closedRegions.add(region);
    assert.match((await refusalOf(gcp.provider.plan(ask))).message, /has no region/);
  });

  test('APIs that say nothing about billing, roles and policies stand in no way', async (t) => {
    const gce = await startGce(t);
    for (const name of ['cloudbilling', 'cloudresourcemanager', 'orgpolicy']) {
      gce.account.disabledServices.add(`${name}.googleapis.com`);
    }
    const { provider, access } = makeGcp(t, gce);
    assert.equal((await provider.plan({ name: 'jpg', spec: GCP_SPEC, access })).length, 2);
  });
});
