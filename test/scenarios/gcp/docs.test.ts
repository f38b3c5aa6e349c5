// docs/gcp.md, replayed on an emulated Google Cloud whose machines are real Linux hosts.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGce } from '../../emulators/gce/start.ts';
import { normalised, replay } from '../../helpers/console-block.ts';
import { blocksOf, readDoc, replaceBlocks, UPDATES, writeDoc } from '../../helpers/docs.ts';
import { runPx } from '../../helpers/run-px.ts';
import { assertNothingLeft, credentials, priceList, skip } from '../support/gcp.ts';

const PAGE = 'gcp.md';

/** The machines have the cores and the load of this one; what was spent grows with every second. */
const same = (text: string): string =>
  normalised(text)
    .replaceAll(/x \d+ cores? = \d+ cores?/g, 'x CORES')
    .replaceAll(/ready\t\d+\t0(\t[\d.-]+){0,2}/g, 'ready\tCORES')
    .replaceAll(/us-central1-\w/g, 'ZONE')
    .replaceAll(/\$0\.00\d*/g, '$CENTS')
    .replaceAll(/px-jpg-\w+/g, 'NAME');

test('docs/gcp.md shows what happens in an account', { skip }, async (t) => {
  const gce = await startGce(t, { real: true });
  gce.project = 'my-project';
  const folder = mkdtempSync(join(tmpdir(), 'px-gcp-docs-'));
  const home = join(folder, '.px');
  const account = join(folder, '.config/gcloud');
  for (const each of [home, account, join(folder, 'project')]) mkdirSync(each, { recursive: true });
  writeFileSync(join(home, 'settings.json'), JSON.stringify({ gcpUrl: gce.url }));
  // What `gcloud auth application-default login` leaves.
  writeFileSync(join(folder, 'subject'), 'subject');
  const login = credentials(gce.url, join(folder, 'subject'));
  writeFileSync(join(account, 'application_default_credentials.json'), login);
  writeFileSync(join(folder, 'offers.csv'), `${priceList(gce)}\n`);
  const env = { PX_HOME: home, HOME: folder };
  t.after(async () => {
    await runPx('server stop --force', { env });
    rmSync(folder, { recursive: true, force: true });
  });
  const imported = await runPx(`pricing import ${folder}/offers.csv`, { env });
  assert.equal(imported.status, 0, imported.stderr);
  const blocks = blocksOf(readDoc(PAGE));
  const texts: (string | null)[] = [];
  for (const { info, text } of blocks) {
    texts.push(info === 'console account' ? await replay(text, folder) : null);
  }
  assertNothingLeft(gce);
  if (UPDATES) {
    writeDoc(PAGE, replaceBlocks(readDoc(PAGE), texts));
    return;
  }
  assert.ok(texts.some((text) => text !== null));
  texts.forEach((text, index) => {
    if (text !== null) assert.equal(same(text), same(blocks[index]?.text ?? ''));
  });
});
