import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { openGcp } from '../../../control-plane/accounts/gcp.ts';
import { SERVICE_ACCOUNT, startTokens, USER_CREDENTIALS } from '../../emulators/pricing/tokens.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { accountIo, makeFolder } from '../../helpers/pricing.ts';

const ADC = '.config/gcloud/application_default_credentials.json';

/** A home with these files, and the ways in and out of it. */
const setUp = async (t: Cleanup, files: Record<string, unknown> = {}) => {
  const home = makeFolder(t);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(
      join(home, path),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  const { url } = await startTokens(t);
  const urls = { googleToken: url, azureLogin: '', azureMetadata: '' };
  const open = (env: Record<string, string> = {}) =>
    openGcp(accountIo({ env: { HOME: home, ...env }, urls }));
  return { home, open };
};

describe('the account of Google', () => {
  test('is what gcloud left, with the project of its login', async (t) => {
    const { open } = await setUp(t, { [ADC]: USER_CREDENTIALS });
    const account = await open();
    assert.equal(account?.project, 'demo-project');
    assert.deepEqual(await account?.headers(), {
      authorization: 'Bearer gcp-token',
      'x-goog-user-project': 'demo-project',
    });
  });

  test('is the key file that GOOGLE_APPLICATION_CREDENTIALS names, its signature checked', async (t) => {
    const { open, home } = await setUp(t, { 'key.json': SERVICE_ACCOUNT });
    const account = await open({ GOOGLE_APPLICATION_CREDENTIALS: join(home, 'key.json') });
    assert.equal(account?.project, 'demo-project');
    assert.equal((await account?.headers())?.authorization, 'Bearer gcp-token');
  });

  test('has the project that the environment or gcloud names', async (t) => {
    const { quota_project_id: _, ...user } = USER_CREDENTIALS;
    const { open } = await setUp(t, {
      [ADC]: user,
      '.config/gcloud/active_config': 'work\n',
      '.config/gcloud/configurations/config_work':
        '[core]\naccount = a@example.com\nproject = from-gcloud\n\n[compute]\nregion = us-west1\n',
    });
    const account = await open();
    assert.equal(account?.project, 'from-gcloud');
    // A person's requests are counted against it, too.
    assert.equal((await account?.headers())?.['x-goog-user-project'], 'from-gcloud');
    assert.equal((await open({ CLOUDSDK_CORE_PROJECT: 'sdk' }))?.project, 'sdk');
    assert.equal((await open({ GOOGLE_CLOUD_PROJECT: 'named' }))?.project, 'named');
    await assert.rejects(open({ CLOUDSDK_ACTIVE_CONFIG_NAME: 'other' }), {
      code: 'bad_config',
      hint: /gcloud config set project/,
    });
  });

  test('is the service account that gcloud impersonates', async (t) => {
    const { open } = await setUp(t, {
      [ADC]: {
        type: 'impersonated_service_account',
        service_account_impersonation_url:
          'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/x@y.iam.gserviceaccount.com:generateAccessToken',
        source_credentials: { ...USER_CREDENTIALS, refresh_token: 'revoked' },
      },
    });
    // The source is asked first, and refused: nothing of Google's answers in a test.
    await assert.rejects(open({ GOOGLE_CLOUD_PROJECT: 'p' }), /invalid_grant/);
  });

  test('is none where gcloud was never used', async (t) => {
    const { open } = await setUp(t);
    assert.equal(await open(), null);
  });

  test('is refused with the words of Google, or of what is wrong with the file', async (t) => {
    const { open, home } = await setUp(t, {
      [ADC]: { ...USER_CREDENTIALS, refresh_token: 'revoked' },
      'broken.json': 'not json',
    });
    await assert.rejects(open(), { code: 'provider_refused', message: /invalid_grant/ });
    await assert.rejects(open({ GOOGLE_APPLICATION_CREDENTIALS: join(home, 'broken.json') }), {
      code: 'credentials_missing',
      message: /broken\.json holds no credentials/,
    });
    await assert.rejects(open({ GOOGLE_APPLICATION_CREDENTIALS: join(home, 'absent.json') }), {
      code: 'credentials_missing',
      message: /absent\.json, which is not there/,
    });
  });
});
