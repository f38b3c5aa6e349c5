// What clusters on an emulated Google Cloud are for.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EXAMPLES, readLines } from '../../helpers/example.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';

const ROOT = join(import.meta.dirname, '../../..');

/**
 * The machines reach no package registry: the libraries travel with the code, and the machine's Node is
 * the one that px brought.
 */
const CONFIG = `include: ["node_modules/**"]
setup: install -m 755 /var/lib/px-nodes/*/rt/node /usr/local/bin/node
collect: ["images/*.jxl"]
env: {JXL_EFFORT: "3"}
`;

describe('a cluster in Google Cloud', () => {
  test('of two machines converts the pictures of the example on four slots each, once', {
    skip,
  }, async (t) => {
    const { px, gce } = await useGcp(t);
    const example = join(EXAMPLES, 'jpg');
    for (const name of ['jpg.mjs', 'package.json', 'images.txt', 'images']) {
      cpSync(join(example, name), join(px.project, name), { recursive: true });
    }
    for (const name of ['@jsquash', 'wasm-feature-detect']) {
      const path = join('node_modules', name);
      cpSync(join(ROOT, path), join(px.project, path), { recursive: true });
    }
    writeFileSync(join(px.project, 'px.yaml'), CONFIG);
    await px.ok(['cluster', 'up', 'jpg', '--provider', 'gcp', '--nodes', '2']);
    const words = ['--cluster', 'jpg', '--args-file', 'images.txt', '-p', '8'];
    const ran = await px.ok(['run', 'node jpg.mjs', ...words], { timeoutMs: 240_000 });
    const pictures = readLines(px.project, 'images.txt');
    const said = ran.stdout.toString().trim().split('\n');
    const named = said.map((line) => /^.*?\.jpg/.exec(line)?.[0] ?? line);
    assert.deepEqual(named.sort(), [...pictures].sort());
    for (const picture of pictures) {
      const made = join(px.project, picture.replace(/\.jpe?g$/, '.jxl'));
      assert.ok(existsSync(made), `${made} came home`);
      assert.ok(readFileSync(made).length > 0);
    }
    const alike = await px.ok(['cluster', 'exec', 'jpg', '--', 'uname', '-s']);
    assert.equal(alike.stdout.toString(), '[jpg-0, jpg-1] Linux\n');
    const apart = await px.ok(['cluster', 'exec', 'jpg', '--', 'hostname']);
    const [one, two] = [...gce.vms.values()].map(({ name }) => name).sort();
    const heard = apart.stdout.toString().trim().split('\n');
    assert.deepEqual(heard.map((line) => line.split(' ').at(-1)).sort(), [one, two]);
    await px.ok(['cluster', 'down', 'jpg', '--force']);
    assertNothingLeft(gce);
  });

  test('of eight machines comes up by one request, works on all of them and goes down', {
    skip,
  }, async (t) => {
    const { px, gce } = await useGcp(t);
    const up = await px.ok(['cluster', 'up', 'jpg', '--provider', 'gcp', '--nodes', '8', '-v']);
    assert.match(up.stderr, /Cluster up \[8 nodes x \d+ cores? = \d+ cores\]/);
    assert.equal(up.stderr.match(/Node jpg-\d: boot \d+ ms, connect \d+ ms, /g)?.length, 8);
    assert.equal(gce.calls.filter((name) => name === 'RegionInstances.BulkInsert').length, 1);
    const exec = await px.ok(['cluster', 'exec', 'jpg', '--', 'hostname']);
    const names = exec.stdout.toString().trim().split('\n');
    assert.equal(new Set(names).size, 8);
    await px.ok(['cluster', 'down', 'jpg', '--force']);
    assertNothingLeft(gce);
  });
});
