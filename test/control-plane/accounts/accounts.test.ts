import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { openAws } from '../../../control-plane/accounts/aws.ts';
import { openAzure } from '../../../control-plane/accounts/azure.ts';
import { openDigitalOcean } from '../../../control-plane/accounts/digitalocean.ts';
import { runTool } from '../../../control-plane/accounts/run-tool.ts';
import { AWS_KEYS } from '../../emulators/pricing/ec2.ts';
import { startTokens } from '../../emulators/pricing/tokens.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { accountIo, makeFolder } from '../../helpers/pricing.ts';

const homeWith = (t: Cleanup, files: Record<string, string>): string => {
  const home = makeFolder(t);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
  return home;
};

const proof = async (account: { headers(): Promise<Record<string, string>> } | null) =>
  (await account?.headers())?.authorization;

describe('the account of AWS', () => {
  const profiles = `[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = d
[work]
aws_access_key_id = ${AWS_KEYS.id}
aws_secret_access_key = ${AWS_KEYS.secret}
`;
  const keyOf = async (env: Record<string, string>): Promise<string | undefined> => {
    const account = await openAws(accountIo({ env }));
    const signed = await account?.sign('https://ec2.us-east-1.amazonaws.com/?A=b', 'us-east-1');
    return /Credential=([^/]+)/.exec(signed?.authorization ?? '')?.[1];
  };

  test('is the profile that is named, in the file that is named', async (t) => {
    const home = homeWith(t, { '.aws/credentials': profiles, 'other/file': profiles });
    assert.equal(await keyOf({ HOME: home }), 'AKIADEFAULT');
    assert.equal(await keyOf({ HOME: home, AWS_PROFILE: 'work' }), AWS_KEYS.id);
    const file = join(home, 'other/file');
    const elsewhere = { HOME: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: file };
    assert.equal(await keyOf({ ...elsewhere, AWS_PROFILE: 'work' }), AWS_KEYS.id);
  });

  test('is what a credential process says', async (t) => {
    const keys = `{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s","SessionToken":"t"}`;
    const home = homeWith(t, {
      'keys.json': keys,
      '.aws/config': '[default]\ncredential_process = cat "KEYS"\n',
    });
    const config = join(home, '.aws/config');
    writeFileSync(config, `[default]\ncredential_process = cat "${join(home, 'keys.json')}"\n`);
    const account = await openAws(accountIo({ env: { HOME: home } }));
    const signed = await account?.sign('https://ec2.eu-west-1.amazonaws.com/', 'eu-west-1');
    assert.match(signed?.authorization ?? '', /AKIAPROCESS\/20260831\/eu-west-1\/ec2\//);
    assert.equal(signed?.['x-amz-security-token'], 't');
  });

  test('is none where nothing names one, or a file has but a region', async (t) => {
    assert.equal(await openAws(accountIo()), null);
    const home = homeWith(t, { '.aws/config': '[default]\nregion = eu-west-1\n' });
    assert.equal(await openAws(accountIo({ env: { HOME: home } })), null);
  });

  test('is refused where the profile that is named is not there', async (t) => {
    const env = { HOME: homeWith(t, { '.aws/credentials': profiles }), AWS_PROFILE: 'absent' };
    await assert.rejects(openAws(accountIo({ env })), {
      code: 'provider_refused',
      message: /absent/,
      hint: /aws sso login/,
    });
  });
});

describe('the account of Azure', () => {
  const principal = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'app-1' };
  const open = async (t: Cleanup, env: Record<string, string>) => {
    const { url, posts } = await startTokens(t);
    const urls = { googleToken: '', azureLogin: url, azureMetadata: '' };
    const home = { HOME: '/nonexistent', ...env };
    return { posts, account: openAzure(accountIo({ env: home, urls, run: runTool })) };
  };

  test('is a service principal with its secret', async (t) => {
    const { account, posts } = await open(t, {
      ...principal,
      AZURE_CLIENT_SECRET: 'good',
      AZURE_SUBSCRIPTION_ID: 'sub-1',
    });
    assert.equal((await account)?.subscription, 'sub-1');
    assert.equal(await proof(await account), 'Bearer azure-token');
    assert.equal(posts[0]?.get('scope'), 'https://management.azure.com/.default');
  });

  test('is a service principal with the token file of another issuer', async (t) => {
    const home = homeWith(t, { 'token.jwt': 'good\n' });
    const { account } = await open(t, {
      ...principal,
      AZURE_FEDERATED_TOKEN_FILE: join(home, 'token.jwt'),
      AZURE_SUBSCRIPTION_ID: 'sub-1',
    });
    assert.equal(await proof(await account), 'Bearer azure-token');
  });

  test('is refused with the words of Azure, and asked for its subscription', async (t) => {
    const wrong = { ...principal, AZURE_CLIENT_SECRET: 'bad', AZURE_SUBSCRIPTION_ID: 'sub-1' };
    await assert.rejects((await open(t, wrong)).account, {
      code: 'provider_refused',
      message: /401: AADSTS7000215: Invalid client secret/,
    });
    const { account } = await open(t, { ...principal, AZURE_CLIENT_SECRET: 'good' });
    await assert.rejects(account, { hint: /AZURE_SUBSCRIPTION_ID/ });
  });

  test('is who is logged in with az, and its words where nobody is', async (t) => {
    const home = homeWith(t, {
      '.azure/azureProfile.json': '{}',
      'bin/az': `#!/bin/sh
[ "$1 $2" = "account get-access-token" ] || exit 1
[ -f "$HOME/logged-out" ] && { echo "Please run 'az login' to setup account." >&2; exit 1; }
echo '{"accessToken":"azure-token","subscription":"sub-1","tenant":"t","tokenType":"Bearer"}'
`,
      'none/az': '',
    });
    chmodSync(join(home, 'bin/az'), 0o755);
    const env = { HOME: home, PATH: `${join(home, 'bin')}:/usr/bin:/bin` };
    const { account } = await open(t, env);
    assert.equal((await account)?.subscription, 'sub-1');
    writeFileSync(join(home, 'logged-out'), '');
    await assert.rejects((await open(t, env)).account, {
      message: /az: Please run 'az login'/,
      hint: 'az login',
    });
    await assert.rejects((await open(t, { ...env, PATH: '/nonexistent' })).account, {
      message: /There is no program az/,
    });
  });

  test('is none where nothing names one', async (t) => {
    assert.equal(await (await open(t, {})).account, null);
  });
});

describe('the account of DigitalOcean', () => {
  const config = `access-token: first
auth-contexts:
  team: second
context: default
`;

  test('is the token of the environment, else that of doctl', async (t) => {
    const home = homeWith(t, {
      '.config/doctl/config.yaml': config,
      'xdg/doctl/config.yaml': 'access-token: third\n',
    });
    const open = (env: Record<string, string>) =>
      openDigitalOcean(accountIo({ env: { HOME: home, ...env } })).then(proof);
    assert.equal(await open({ DIGITALOCEAN_TOKEN: 'own' }), 'Bearer own');
    assert.equal(await open({ DIGITALOCEAN_ACCESS_TOKEN: 'own' }), 'Bearer own');
    assert.equal(await open({}), 'Bearer first');
    assert.equal(await open({ DIGITALOCEAN_CONTEXT: 'team' }), 'Bearer second');
    assert.equal(await open({ XDG_CONFIG_HOME: join(home, 'xdg') }), 'Bearer third');
    await assert.rejects(open({ DIGITALOCEAN_CONTEXT: 'absent' }), {
      code: 'bad_config',
      hint: 'doctl auth init --context absent',
    });
  });

  test('is none where doctl was never used', async () => {
    assert.equal(await openDigitalOcean(accountIo()), null);
  });
});
