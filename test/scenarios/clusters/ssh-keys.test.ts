import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { canMakeHosts, knowHosts, makeHosts } from '../../helpers/hosts.ts';
import { until } from '../../helpers/processes.ts';
import { usePx } from '../support/network.ts';
import { startOnTerminal } from '../support/terminal.ts';

const skip = !canMakeHosts;

test('a host key that nobody knows is refused, or asked for on a terminal, and then kept', {
  skip,
}, async (t) => {
  const world = await makeHosts(t, { count: 2 });
  const [one, two] = world.hosts;
  assert.ok(one !== undefined && two !== undefined);
  const px = usePx(t, { env: { HOME: world.home } });
  const up = ['cluster', 'up', 'demo', '--hosts', `root@${one.address}`];

  const refused = await px.run([...up, '--yes']);
  assert.equal(refused.status, 125);
  assert.match(refused.stderr, /SHA256:\S{43} \(ssh-ed25519\)/);
  assert.match(refused.stderr, /--accept-new-host-keys/);
  const listed = await px.ok(['cluster', 'ls', '--json']);
  assert.doesNotMatch(listed.stdout.toString(), /demo/, 'nothing was made');

  const asked = startOnTerminal(px, up);
  await until('px asks', () => /Is that its key\? \[y\/N\]/.test(asked.stdout().toString()));
  asked.type('y\n');
  const answered = await asked.ended();
  assert.match(answered.stdout.toString(), /Cluster up/);
  await px.ok(['cluster', 'down', 'demo']);
  await px.ok(up);
  await px.ok(['cluster', 'down', 'demo']);

  const other = ['cluster', 'up', 'demo', '--hosts', `root@${two.address}`];
  await px.ok([...other, '--accept-new-host-keys']);
  await px.ok(['cluster', 'down', 'demo']);
});

test('a host key that changed is refused whatever is said', { skip }, async (t) => {
  const world = await makeHosts(t, { count: 1 });
  knowHosts(world);
  const [host] = world.hosts;
  assert.ok(host !== undefined);
  const px = usePx(t, { env: { HOME: world.home } });
  await host.changeKey();
  const up = ['cluster', 'up', 'demo', '--hosts', `root@${host.address}`];
  const refused = await px.run([...up, '--accept-new-host-keys', '--yes']);
  assert.equal(refused.status, 125);
  assert.match(refused.stderr, /its host key is not the one that is known/);
  assert.match(refused.stderr, /Left: nothing/);
  assert.deepEqual(host.files(), []);
  const json = await px.run([...up, '--json', '--yes']);
  assert.match(json.stderr, /"code":"host_key_changed"/);
  const forget = /then px cluster up again: (ssh-keygen -R .*)$/m.exec(refused.stderr)?.[1];
  assert.ok(forget !== undefined, refused.stderr);
  assert.equal((await px.startProgram(['sh', '-c', forget]).ended()).status, 0, forget);
  await px.ok([...up, '--accept-new-host-keys']);
  await px.ok(['cluster', 'down', 'demo']);
});

test('bad hosts are named with the words of ssh, and nothing stays on the good one', {
  skip,
}, async (t) => {
  const world = await makeHosts(t, { count: 3 });
  knowHosts(world);
  const [good, gone, closed] = world.hosts;
  assert.ok(good !== undefined && gone !== undefined && closed !== undefined);
  gone.vanish();
  const px = usePx(t, { env: { HOME: world.home } });
  const hosts = [`root@${good.address}`, `stranger@${closed.address}`, `root@${gone.address}`];
  const { status, stderr } = await px.run(['cluster', 'up', 'demo', '--hosts', hosts.join(',')]);
  assert.equal(status, 125);
  assert.match(stderr, new RegExp(`stranger@${closed.address}: .*Permission denied`));
  assert.match(stderr, new RegExp(`root@${gone.address}: .*(No route to host|timed out)`));
  assert.match(stderr, /Left: nothing/);
  assert.deepEqual(good.files(), []);

  const port = await px.run(['cluster', 'up', 'demo', '--hosts', `root@${good.address}:2222`]);
  assert.equal(port.status, 125);
  assert.match(port.stderr, new RegExp(`root@${good.address}:2222: .*Connection refused`));
  const twice = `root@${good.address},${good.address}:22`;
  const same = await px.run(['cluster', 'up', 'demo', '--hosts', twice]);
  assert.match(same.stderr, /Expected each host once: \S+ and \S+ are the same/);
  const word = await px.run(['cluster', 'up', 'demo', '--hosts', 'root@:22']);
  assert.match(word.stderr, /Expected a host like deploy@10\.0\.0\.6:2222, got `root@:22`/);
});

test('a machine behind a jump host of the user is reached with what ssh-config prints', {
  skip,
}, async (t) => {
  const world = await makeHosts(t, { count: 2 });
  knowHosts(world);
  const [, far] = world.hosts;
  assert.ok(far !== undefined);
  const key = join(world.home, '..', 'user');
  const known = join(world.home, '.ssh', 'known_hosts');
  const jumped = `Host jumped
  HostName ${far.address}
  User root
  ProxyJump root@alpha
  IdentityFile ${key}
  UserKnownHostsFile ${known}
`;
  appendFileSync(join(world.home, '.ssh', 'config'), jumped);
  const px = usePx(t, { env: { HOME: world.home } });
  await px.ok(['cluster', 'up', 'demo', '--hosts', 'jumped']);
  const { stdout } = await px.ok(['cluster', 'ssh-config', 'demo']);
  const config = join(px.folder, 'demo.ssh');
  writeFileSync(config, stdout);
  const argv = ['ssh', '-F', config, 'demo-0', 'echo there'];
  const there = await px.startProgram(argv).ended();
  assert.equal(there.stdout.toString(), 'there\n', there.stderr);
  const pinned = join(px.home, 'ssh-config');
  assert.deepEqual(readdirSync(pinned), ['demo.known_hosts']);
  await px.ok(['cluster', 'down', 'demo']);
  assert.deepEqual(readdirSync(pinned), []);
  await px.ok(['server', 'stop']);
  assert.ok(!existsSync(join(px.home, 'ssh')), 'sockets and keys go with the control plane');
});
