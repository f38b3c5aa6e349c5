import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ClusterOffersReply } from '../../../protocol/messages/pricing.ts';
import { digitalOceanShelf } from '../../emulators/pricing/digitalocean.ts';
import { gcpShelf } from '../../emulators/pricing/gcp.ts';
import { startCloud } from '../../emulators/pricing/server.ts';
import { startTokens, USER_CREDENTIALS } from '../../emulators/pricing/tokens.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { pxHome } from '../../helpers/px-home.ts';

const TOKEN = 'do-token';

const setUp = async (t: Cleanup) => {
  const cloud = await startCloud(t, { ...gcpShelf(), ...digitalOceanShelf() });
  const tokens = await startTokens(t);
  const at = pxHome(t);
  mkdirSync(at.home, { mode: 0o700 });
  const pricingUrls = { ...cloud.urls, googleToken: tokens.url };
  writeFileSync(join(at.home, 'settings.json'), JSON.stringify({ pricingUrls }));
  return at;
};

/** Files below a folder in which a text stands. */
const holding = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));

test('a token of the environment opens the list and the regions of its account, and is kept nowhere', async (t) => {
  const at = await setUp(t);
  const env = { DIGITALOCEAN_TOKEN: TOKEN };
  const sync = await at.px('pricing sync --provider digitalocean', { env });
  assert.deepEqual(
    [sync.status, sync.stderr],
    [0, '<px> Synced [digitalocean]: 7 offers, 1 left out. ✅\n'],
  );
  const up = 'cluster up demo --provider digitalocean --region any --cpus 4 --dry-run --json';
  const regionsOf = async (given: Record<string, string>): Promise<string[]> => {
    const { stdout } = await at.px(up, { env: given });
    const { offers } = JSON.parse(stdout) as ClusterOffersReply;
    return [...new Set(offers.map(({ region }) => region))].sort();
  };
  assert.deepEqual(await regionsOf({}), ['fra1', 'nyc1']);
  assert.deepEqual(await regionsOf(env), ['fra1']);
  assert.deepEqual(holding(at.home, TOKEN), []);
});

test('a list that needs an account says how to connect it', async (t) => {
  const at = await setUp(t);
  const { status, stderr } = await at.px('pricing sync --provider digitalocean');
  assert.equal(status, 125);
  assert.match(stderr, /prices of digitalocean need an account/);
  assert.match(stderr, /doctl auth init, or export DIGITALOCEAN_TOKEN=…/);
  const env = { DIGITALOCEAN_TOKEN: 'revoked' };
  const refused = await at.px('pricing sync --provider digitalocean', { env });
  assert.equal(refused.status, 125);
  assert.match(refused.stderr, /401.*Unable to authenticate you/);
  assert.match(refused.stderr, /Connect it anew: doctl auth init, or export DIGITALOCEAN_TOKEN/);
});

test("gcloud's login opens Google's own prices; a login that ended leaves the public list", async (t) => {
  const at = await setUp(t);
  const folder = join(at.cwd, '.config/gcloud');
  mkdirSync(folder, { recursive: true });
  const login = (refresh_token: string): void =>
    writeFileSync(
      join(folder, 'application_default_credentials.json'),
      JSON.stringify({ ...USER_CREDENTIALS, refresh_token }),
    );
  const sync = () => at.px('pricing sync --provider gcp', { env: { HOME: at.cwd } });
  login('good');
  const good = await sync();
  assert.equal(good.status, 0);
  assert.match(good.stderr, /^<px> Synced \[gcp-billing\]: \d+ offers, 2 left out\. ✅\n$/);
  login('revoked');
  const { status, stderr } = await sync();
  assert.equal(status, 0);
  assert.match(stderr, /account of gcp cannot be used: .*invalid_grant/);
  assert.match(stderr, /gcloud auth application-default login/);
  assert.match(stderr, /Synced \[gcp-list\]: 9 offers/);
});
