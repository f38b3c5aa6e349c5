// An account in an emulated Google Cloud that is not as it has to be, as a user meets it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Gce } from '../../emulators/gce/start.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';

interface Trouble {
  what: string;
  make?: (gce: Gce) => void;
  env?: Record<string, string | undefined>;
  /** What happened, and the last line: what to type next. */
  says: RegExp;
  next: RegExp;
}

const heal = (gce: Gce): void => {
  gce.account.missingPermissions.clear();
  gce.account.disabledServices.clear();
  gce.account.billingEnabled = true;
  gce.networks.set('default', { autoCreateSubnetworks: true });
  gce.quotas.clear();
  gce.tokens.add('emulator-token');
};

const LOGIN = /^<px> gcloud auth (application-default )?login$/;

const TROUBLES: readonly Trouble[] = [
  {
    what: 'a file that is not there',
    env: { GOOGLE_APPLICATION_CREDENTIALS: '/nowhere.json' },
    says: /names \/nowhere\.json, which is not there/,
    next: /^<px> unset GOOGLE_APPLICATION_CREDENTIALS, or: gcloud auth/,
  },
  {
    what: 'a file that holds half of it',
    env: { GOOGLE_APPLICATION_CREDENTIALS: 'HALF' },
    says: /half\.json holds no credentials of Google: it lacks client_secret, refresh_token\./,
    next: LOGIN,
  },
  {
    what: 'no credentials at all',
    env: { GOOGLE_APPLICATION_CREDENTIALS: undefined },
    // With a gcloud or without.
    says: /Found no credentials for Google Cloud|gcloud gives no token/,
    next: LOGIN,
  },
  {
    what: 'credentials that are no good any more',
    make: ({ tokens }) => tokens.clear(),
    says: /Request had invalid authentication credentials/,
    next: LOGIN,
  },
  {
    what: 'no project',
    env: { GOOGLE_CLOUD_PROJECT: undefined },
    says: /Expected a Google Cloud project, found none/,
    next: /^<px> px cluster up --project NAME/,
  },
  {
    what: 'an API that is off',
    make: ({ account }) => account.disabledServices.add('compute.googleapis.com'),
    says: /Compute Engine API has not been used in project/,
    next: /^<px> gcloud services enable compute\.googleapis\.com --project demo-project$/,
  },
  {
    what: 'no permission',
    make: ({ account }) => account.missingPermissions.add('compute.instances.create'),
    says: /You lack compute\.instances\.create\./,
    next: /^<px> gcloud projects add-iam-policy-binding demo-project .*compute\.instanceAdmin\.v1$/,
  },
  {
    what: 'no billing',
    make: ({ account }) => {
      account.billingEnabled = false;
    },
    says: /Billing is off for project demo-project/,
    next: /^<px> gcloud billing projects link demo-project/,
  },
  {
    what: 'no network',
    make: ({ networks }) => networks.clear(),
    says: /has no network default/,
    next: /^<px> px cluster up --create-network/,
  },
  {
    what: 'no quota',
    make: ({ quotas }) => quotas.set('us-central1 CPUS', 1),
    // A line for each type of machine that would do, each with its way out.
    says: /Quota CPUS in us-central1 is 1, of which 0 are used: 2 more .*do not fit[\s\S]*Ask for more at https:\/\/console\.cloud\.google\.com\/iam-admin\/quotas/,
    next: /^<px> Mend these, then the same again\.$/,
  },
];

test('whatever the account lacks ends with 125, its words and the next command, and the control plane lives on', {
  skip,
}, async (t) => {
  const { px, gce } = await useGcp(t);
  const half = join(px.project, 'half.json');
  writeFileSync(half, '{"type": "authorized_user", "client_id": "x"}');
  const { pid } = px.server();
  for (const { what, make, env = {}, says, next } of TROUBLES) {
    make?.(gce);
    // Whoever asks with other words is looked at anew: an account that was good is not taken for granted.
    const words = { CLOUDSDK_ACTIVE_CONFIG_NAME: what.replaceAll(' ', '-') };
    const over: Record<string, string | undefined> = { ...words, ...env };
    const up = await px.run(['cluster', 'up', 'jpg', '--provider', 'gcp'], {
      env:
        over.GOOGLE_APPLICATION_CREDENTIALS === 'HALF'
          ? { ...over, GOOGLE_APPLICATION_CREDENTIALS: half }
          : over,
    });
    heal(gce);
    const lines = up.stderr.trim().split('\n');
    assert.equal(up.status, 125, `${what}: ${up.stderr}`);
    assert.match(up.stderr, says, what);
    assert.match(lines.at(-1) ?? '', next, what);
    assert.doesNotMatch(up.stderr, /^\s+at /m, 'no stack trace');
  }
  assert.equal(px.server().pid, pid);
  assert.doesNotMatch(readFileSync(join(px.home, 'server.log'), 'utf8'), /nhandled|\n\s+at /);
  assertNothingLeft(gce);
});
