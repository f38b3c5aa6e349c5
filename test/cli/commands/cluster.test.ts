import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../../cli/server/connect.ts';
import type { Client } from '../../../protocol/client.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { ClusterView } from '../../../protocol/messages/clusters.ts';
import { type PxHome, pxHome } from '../../helpers/px-home.ts';
import { runPx, tempDir } from '../../helpers/run-px.ts';

/** Hooks of a group in the form of a test's `after`, in reverse order. */
const groupUndo = () => {
  const undos: (() => unknown)[] = [];
  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });
  return { after: (undo: () => unknown) => void undos.push(undo) };
};

const offline = () => Promise.reject(new Error('nothing may be asked of a control plane'));

describe('without a control plane', () => {
  test('a dry run prints the plan and touches nothing', async () => {
    const { status, stderr, stdout } = await runPx(
      'cluster up demo --provider local --nodes 3 --cpus 4 --dry-run',
      { cwd: '/', connect: offline },
    );
    assert.equal(status, 0);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      `<px> Using [this machine]. ✅
<px> Chose [local]: 3 nodes x 4 cores = 12 cores; goes down after 15m without a job.
<px> Costs $0.00 an hour, $0.00 a minute.
<px> Nothing was touched. To bring it up, leave --dry-run out.
`,
    );
  });

  test('px.yaml says what the words do not, and words win', async (t) => {
    const cwd = tempDir(t);
    writeFileSync(
      join(cwd, 'px.yaml'),
      'cluster: {name: jpg, provider: [aws, local], nodes: 2, cpus_per_node: 8, idle_timeout: 0, region: eu}\n',
    );
    const options = { cwd, connect: offline };
    const { stdout, stderr } = await runPx('cluster up --dry-run --json --cpus 3', options);
    assert.deepEqual(JSON.parse(stdout), {
      name: 'jpg',
      spec: {
        ...{ provider: 'local', nodes: 2, cpusPerNode: 3, idleTimeoutMs: 0 },
        maxLifetimeMs: 86_400_000,
      },
      usdPerHour: 0,
    });
    assert.deepEqual(JSON.parse(stderr), {
      warning: 'Provider local has no use for: cluster.region',
    });
    const words = await runPx('cluster up --dry-run --cpus 3', options);
    assert.match(words.stderr, /^<px> Reading \[px\.yaml\]\n/);
    assert.match(words.stderr, /Provider local has no use for: cluster\.region\n/);
    assert.match(words.stderr, /goes down after 24h at the latest/);
    writeFileSync(
      join(cwd, 'px.yaml'),
      'cluster: {name: jpg, provider: local, idle_timeout: 0, max_lifetime: 0}\n',
    );
    const endless = await runPx('cluster up --dry-run', options);
    assert.match(endless.stderr, /never goes down by itself/);
  });

  test('hosts that are named need no provider, and are as large as they are', async (t) => {
    const cwd = tempDir(t);
    writeFileSync(join(cwd, 'px.yaml'), 'cluster: {name: own, hosts: [root@a, b:2222, c]}\n');
    const options = { cwd, connect: offline };
    const { stdout } = await runPx('cluster up --dry-run --json --nodes 2', options);
    assert.deepEqual(JSON.parse(stdout), {
      name: 'own',
      spec: {
        ...{ provider: 'ssh', nodes: 2, cpusPerNode: 0, hosts: ['root@a', 'b:2222', 'c'] },
        ...{ idleTimeoutMs: 900_000, maxLifetimeMs: 0 },
      },
      usdPerHour: 0,
    });
    const said = await runPx('cluster up --dry-run --nodes 2', options);
    assert.match(said.stderr, /Chose \[ssh\]: 2 nodes with all their cores/);
    const words = await runPx('cluster up --dry-run --json --hosts d,e@f', options);
    assert.deepEqual(JSON.parse(words.stdout).spec.hosts, ['d', 'e@f']);
  });

  const REFUSED: readonly [words: string, message: string][] = [
    [
      'cluster up',
      "Expected a cluster's name, got nothing.\n<px> Name it, or set cluster.name in px.yaml. Those that are up: px cluster ls",
    ],
    [
      'cluster up demo --provider aws',
      'This px has no provider aws yet. It has: local, ssh, gcp.\n<px> px cluster up demo --provider local',
    ],
    [
      'cluster up demo --provider moon',
      'Expected --provider to be gcp, aws, azure, digitalocean, ssh, local, got `moon`.',
    ],
    [
      'cluster up demo --provider local --nodes 0',
      'Expected --nodes to be a whole number from 1 to 100000, got `0`.',
    ],
    [
      'cluster up demo --provider local --memory much',
      'Expected --memory to be a size like 8GB, got `much`.',
    ],
    [
      'cluster up local --provider local',
      "The cluster `local` is this machine: it comes up by itself.\n<px> px run 'echo hello'",
    ],
    [
      'cluster up Demo --provider local',
      'Expected a name like jpg or my-cluster-2, got `Demo`.\n<px> Lower-case letters, digits and dashes, at most 40, with a letter in front.',
    ],
    [
      'cluster exec demo',
      'Expected one command behind the name of the cluster.\n<px> px cluster exec demo -- uname -a',
    ],
  ];
  for (const [words, message] of REFUSED) {
    test(`refused: px ${words}`, async () => {
      const { status, stderr } = await runPx(words, { cwd: '/', connect: offline });
      assert.equal(status, 125);
      assert.equal(stderr, `<px> ${message}\n`);
    });
  }
});

/** A control plane without clusters, for a caller with accounts in these clouds. */
const withAccounts = (providers: readonly string[]): Client => ({
  call: async (name) => {
    if (name === 'connected') return { providers } as never;
    throw new PxError('cluster_not_found', 'There is no such cluster.');
  },
});

test('without a provider the only connected account is meant, and of none px wants a word', async () => {
  const words = 'cluster up demo --nodes 2';
  const none = await runPx(words, { cwd: '/', connect: async () => withAccounts([]) });
  assert.equal(none.status, 125);
  assert.match(none.stderr, /Expected a provider, got none\. This px has: local, ssh, gcp\./);
  const one = await runPx(`${words} -v`, { cwd: '/', connect: async () => withAccounts(['gcp']) });
  assert.match(one.stderr, /Asking \[Google Cloud Platform\]/);
});

describe('a local cluster', () => {
  const undo = groupUndo();
  let at: PxHome;

  before(async () => {
    at = pxHome(undo);
    const { status, stderr, stdout } = await at.px(
      'cluster up demo --provider local --nodes 2 --cpus 2',
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^<px> Using \[this machine\]\. ✅\n/);
    assert.match(stderr, /<px> Cluster up \[2 nodes x 2 cores = 4 cores\]\. ✅\n$/);
  });

  test('is up with every node ready', async () => {
    const [cluster, ...more] = (await at.pxJson('cluster ls')) as ClusterView[];
    assert.deepEqual(more, []);
    assert.equal(cluster?.name, 'demo');
    assert.deepEqual(
      cluster.nodes.map(({ state, slots }) => [state, slots]),
      [
        ['ready', 2],
        ['ready', 2],
      ],
    );
    const { stdout } = await at.px('cluster ls');
    assert.match(stdout, /^NAME\tSTATE\t.*\ndemo\tup\tlocal\t2\/2 ready\t4\t0\t\d+s\t\$0\.00\n$/);
    assert.equal((await at.px('cluster ls -q')).stdout, 'demo\n');
  });

  test('shows its nodes', async () => {
    const { stdout } = await at.px('cluster show demo');
    assert.match(stdout, /^Cluster: +demo$/m);
    assert.match(stdout, /^NODE\t.*\tMEMORY\tUPTIME\tCOST\/HOUR\tMACHINE\tVERSION\t/m);
    assert.match(stdout, /^demo-1\tready\t2\t0\t\d+\.\d\d\t\d+\t[^\t]+\t\d+s\t\$0\.00\t-\t/m);
  });

  test('comes up again as a no-op, and not as another one', async () => {
    const again = await at.px('cluster up demo --provider local --nodes 2 --cpus 2');
    assert.equal(again.status, 0);
    assert.match(again.stderr, /Cluster up \[2 nodes x 2 cores = 4 cores\]\. ✅\n$/);
    const shorter = await at.px('cluster up demo --nodes 2');
    assert.equal(shorter.status, 0, 'its own provider is meant');
    const other = await at.px('cluster up demo --provider local --nodes 3 --cpus 2');
    assert.equal(other.status, 125);
    assert.match(
      other.stderr,
      /<px> Cluster demo is up as another one:\n<px> {3}nodes: 2, asked for 3\n<px> Give it so many: px cluster resize demo --nodes 3\n$/,
    );
  });

  test('gets more nodes and fewer, and its nodes are not reached by ssh', async () => {
    const more = await at.px('cluster resize demo --nodes 3');
    assert.match(more.stderr, /Cluster up \[3 nodes x 2 cores = 6 cores\]/);
    const fewer = await at.px('cluster resize demo --nodes 2');
    assert.match(fewer.stderr, /Cluster up \[2 nodes x 2 cores = 4 cores\]/);
    const none = await at.px('cluster resize demo');
    assert.match(none.stderr, /Expected --nodes N, got nothing\./);
    const ssh = await at.px('cluster ssh demo');
    assert.equal(ssh.status, 125);
    assert.match(ssh.stderr, /No node of cluster demo is reached by ssh\./);
  });

  test('of two resizes at a time the one that is undone says so', async () => {
    const { status, stderr } = await at.px('cluster resize demo --nodes 3', {
      connect: async (home) => {
        const client = await connect({ home, env: process.env });
        const call: Client['call'] = async (name, options) => {
          const reply = await client.call(name, options);
          if (name === 'clusterResize') {
            const other = { params: { name: 'demo' }, json: { nodes: 2 } };
            await client.call('clusterResize', other);
          }
          return reply;
        };
        return { call };
      },
    });
    assert.equal(status, 125, stderr);
    assert.match(
      stderr,
      /is to have 2 nodes by now, and not 3: somebody has resized it meanwhile\./,
    );
    const { nodes } = (await at.pxJson('cluster show demo')) as ClusterView;
    assert.equal(nodes.filter(({ state }) => state === 'ready').length, 2);
  });

  test('runs a command on every node and folds equal answers', async () => {
    const same = await at.px('cluster exec demo -- echo hello');
    assert.deepEqual([same.status, same.stdout], [0, '[demo-0, demo-1] hello\n']);
    const own = await at.px(['cluster', 'exec', 'demo', 'echo $PX_NODE; echo oops >&2; exit 3']);
    assert.equal(own.status, 3);
    assert.equal(own.stdout, '[demo-0] demo-0\n[demo-1] demo-1\n');
    assert.match(own.stderr, /^\[demo-0\] oops\n\[demo-1\] oops\n<px> \[demo-0\] exit 3\n/);
  });

  test('gives the answers of its nodes as one JSON document', async () => {
    const { stdout } = await at.px(['cluster', 'exec', 'demo', '--json', '--', 'printf', 'a\\377']);
    const { nodes, status } = JSON.parse(stdout);
    assert.equal(status, 0);
    assert.deepEqual(nodes[1], {
      ...{ node: 'demo-1', outcome: { kind: 'exit', code: 0 }, stderr: '' },
      ...{ stdout: 'a\ufffd', stdoutBase64: 'Yf8=' },
    });
  });

  test('does not go down while a job runs, unless somebody insists', async () => {
    const { stdout: id } = await at.px(['run', 'sleep 60', '--cluster', 'demo', '--detach']);
    const refused = await at.px('cluster down demo');
    assert.equal(refused.status, 125);
    assert.match(refused.stderr, /^<px> Cluster demo has 1 job not ended\.\n/);
    const { status, stderr } = await at.px('cluster down demo --force');
    assert.deepEqual([status, stderr], [0, '<px> Cluster down [demo]. Left: nothing.\n']);
    const job = (await at.pxJson(`job show ${id.trim()}`)) as { state: string };
    assert.equal(job.state, 'canceled');
  });
});

test('Ctrl-C during up takes down what it created', async (t) => {
  const at = pxHome(t);
  let interrupt: ((signal: 'SIGINT') => void) | undefined;
  const up = at.px('cluster up demo --provider local --nodes 4', {
    onSignal: (handler) => {
      interrupt = handler;
      return () => {};
    },
    // Nodes start after this moment, so that the signal comes in the middle.
    sleep: async () => interrupt?.('SIGINT'),
    clock: () => 0,
  });
  const { status, stderr } = await up;
  assert.equal(status, 130, stderr);
  assert.match(stderr, /<px> Took down what was created\. Left: nothing\.\n$/);
  const clusters = (await at.pxJson('cluster ls')) as ClusterView[];
  assert.deepEqual(clusters, []);
});
