import assert from 'node:assert/strict';
import { chownSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findProject } from '../../cli/config/find-project.ts';
import { listen } from '../helpers/listen.ts';
import { runPx, tempDir } from '../helpers/run-px.ts';

describe('the project', () => {
  test('is the folder of px.yaml, from anywhere below it', async (t) => {
    const root = tempDir(t);
    mkdirSync(join(root, '.git'));
    mkdirSync(join(root, 'part/deep'), { recursive: true });
    writeFileSync(join(root, 'part/px.yaml'), 'setup: make\n');
    const project = await findProject(join(root, 'part/deep'));
    assert.deepEqual(project, {
      root: join(root, 'part'),
      configPath: join(root, 'part/px.yaml'),
      git: true,
      config: { setup: 'make' },
    });
  });

  test('is the git root where there is no px.yaml, also of a work tree', async (t) => {
    const root = tempDir(t);
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, '.git'), 'gitdir: elsewhere\n');
    const { root: found, configPath, git, config } = await findProject(join(root, 'sub'));
    assert.deepEqual([found, configPath, git, config], [root, null, true, {}]);
  });

  test('is the working directory where there is neither', async (t) => {
    const root = tempDir(t);
    const { root: found, git } = await findProject(root);
    assert.deepEqual([found, git], [root, false]);
  });

  test('names px.yaml as it lies from the working directory', async (t) => {
    const root = tempDir(t);
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'px.yaml'), 'setpu: x\n');
    await assert.rejects(findProject(join(root, 'sub')), /^PxError: \.\.\/px\.yaml:1:1: setpu: /);
  });

  test('refuses a px.yaml that is a folder or a link to nowhere, and says which', async (t) => {
    const root = tempDir(t);
    const sub = join(root, 'sub');
    mkdirSync(sub);
    mkdirSync(join(root, 'px.yaml'));
    await assert.rejects(findProject(sub), /Could not read .*px\.yaml: it is a folder\./);
    rmdirSync(join(root, 'px.yaml'));
    symlinkSync('gone.yaml', join(root, 'px.yaml'));
    const why = /px\.yaml: it is a link to gone\.yaml, which is not there\./;
    await assert.rejects(findProject(root), why);
    await assert.rejects(findProject(sub), why);
  });

  test("is not given by another user's px.yaml above, only by one beside", async (t) => {
    const root = tempDir(t);
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'px.yaml'), '');
    assert.equal((await findProject(join(root, 'sub'))).root, root);
    // Only root can give files away.
    if (process.getuid?.() !== 0) return;
    chownSync(join(root, 'px.yaml'), 12_345, 12_345);
    await assert.rejects(findProject(join(root, 'sub')), /belongs to another user \(uid 12345\)/);
    assert.equal((await findProject(root)).root, root);
    chownSync(join(root, 'sub'), 12_345, 12_345);
    assert.equal((await findProject(join(root, 'sub'))).root, root);
  });
});

describe('--context', () => {
  const px = (home: string, words: string) => runPx(words, { env: { PX_HOME: home } });

  test('that is unknown is refused with those that are known', async (t) => {
    const home = tempDir(t);
    writeFileSync(
      join(home, 'contexts.json'),
      '{"work":{"url":"https://px.example","token_file":"t"}}',
    );
    const { status, stderr } = await px(home, 'job ls --context home');
    assert.equal(status, 125);
    assert.match(stderr, /^<px> There is no context home\. Known: embedded, work\n<px> Add it to /);
  });

  test('talks to its address with its token', async (t) => {
    const home = tempDir(t);
    const asked: (string | null)[] = [];
    const url = await listen(t, (request) => {
      asked.push(new URL(request.url).pathname, request.headers.get('authorization'));
      return Response.json({ items: [], next: null });
    });
    writeFileSync(join(home, 'token'), 'secret\n');
    const contexts = { work: { url: `${url}/`, token_file: 'token' } };
    writeFileSync(join(home, 'contexts.json'), JSON.stringify(contexts));
    const { status, stdout } = await px(home, '--context work job ls --json');
    assert.deepEqual([status, stdout], [0, '[]\n']);
    assert.deepEqual(asked, ['/v1/jobs', 'Bearer secret']);
  });

  test('without its token, and a file that is no map of contexts, are refused by name', async (t) => {
    const home = tempDir(t);
    const contexts = { work: { url: 'https://px.example', token_file: 'gone' } };
    writeFileSync(join(home, 'contexts.json'), JSON.stringify(contexts));
    assert.match((await px(home, 'job ls --context work')).stderr, /could not be read: .*\/gone\n/);
    writeFileSync(join(home, 'contexts.json'), '[]');
    assert.match(
      (await px(home, 'job ls --context work')).stderr,
      /to map names to \{url, token_file\}/,
    );
  });

  test('named embedded is the one on this machine', async (t) => {
    const homes: string[] = [];
    const connect = async (home: string) => {
      homes.push(home);
      return Promise.reject(new Error('asked'));
    };
    const cwd = tempDir(t);
    await runPx('job ls --context embedded', { cwd, env: { PX_HOME: 'here' }, connect });
    await runPx('job ls', { cwd, env: { PX_HOME: '', HOME: '/home/you' }, connect });
    assert.deepEqual(homes, [join(cwd, 'here'), '/home/you/.px']);
  });
});
