import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findStrays } from '../../../control-plane/clusters/strays.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { insertCluster } from '../../../control-plane/store/clusters.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { GCP_SPEC, makeGcp, startOnPaper, upGcp } from '../../helpers/gcp.ts';

test('strays are looked for once in each project, however many logins have used it', async (t) => {
  const gce = await startOnPaper(t);
  const { provider, access } = makeGcp(t, gce);
  await upGcp({ provider, access });
  const deps = createTestDeps(t, { providers: createProviders([provider]) });
  const logins = ['first', 'second', 'third'];
  for (const [index, login] of logins.entries()) {
    const env = { ...access.env, SSH_AUTH_SOCK: `/tmp/${login}` };
    const row = { id: `c111111111${index}`, name: login, state: 'down', createdAt: 0 } as const;
    const project = index === 0 ? 'other-cloud' : undefined;
    insertCluster(deps.db, {
      ...row,
      spec: { ...GCP_SPEC, ...(project === undefined ? {} : { project }) },
      access: { ...access, env },
    });
  }
  const looks = (): number =>
    gce.calls.filter((name) => name === 'Instances.AggregatedList').length;
  const before = looks();
  const { items, problems } = await findStrays(deps, { access });
  assert.deepEqual(problems, []);
  const own = items.filter(({ project }) => project === gce.project);
  assert.equal(own.length, 2);
  assert.equal(looks() - before, 2);
});
