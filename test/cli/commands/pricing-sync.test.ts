import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SyncEvent } from '../../../protocol/messages/pricing.ts';
import { awsShelf } from '../../emulators/pricing/aws.ts';
import { type Cloud, startCloud } from '../../emulators/pricing/server.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { type PxHome, pxHome } from '../../helpers/px-home.ts';

const SYNC = 'pricing sync --provider aws';

const setUp = async (t: Cleanup): Promise<{ at: PxHome; cloud: Cloud }> => {
  const cloud = await startCloud(t, awsShelf());
  const at = pxHome(t);
  mkdirSync(at.home, { mode: 0o700 });
  writeFileSync(join(at.home, 'settings.json'), JSON.stringify({ pricingUrls: cloud.urls }));
  return { at, cloud };
};

/** Until one list is read whole and the others wait. */
const untilHeld = async (cloud: Cloud, count: number): Promise<void> => {
  while (cloud.held.length < count) await new Promise((resolve) => setImmediate(resolve));
};

const lists = ({ requests }: Cloud): string[] =>
  requests.flatMap((path) => /current\/([^/]+)\/index\.csv/.exec(path)?.[1] ?? []);

const awsSource = async (at: PxHome) => {
  const sources: { name: string; offers: number; problem: string | null; syncing: boolean }[] =
    await at.pxJson('pricing sources');
  return sources.find(({ name }) => name === 'aws-list');
};

describe('px pricing sync', () => {
  test('ends with Ctrl-C at once, and the next one goes on with what is missing', async (t) => {
    const { at, cloud } = await setUp(t);
    cloud.hold = /us-(east|west).*index\.csv/;
    let interrupt = (_signal: 'SIGINT'): void => assert.fail('nobody listens');
    const onSignal = (handler: (signal: 'SIGINT') => void) => {
      interrupt = handler;
      return () => undefined;
    };
    const syncing = at.px(SYNC, { onSignal });
    await untilHeld(cloud, 2);
    interrupt('SIGINT');
    const { status, stderr } = await syncing;
    assert.deepEqual(
      [status, stderr],
      [
        130,
        '<px> Ended. The catalog is as it was; px pricing sync goes on with what is missing.\n',
      ],
    );
    const source = await awsSource(at);
    assert.deepEqual([source?.offers, source?.problem], [0, null]);
    cloud.hold = null;
    cloud.requests.length = 0;
    assert.equal((await at.px(SYNC)).status, 0);
    assert.deepEqual(lists(cloud).sort(), ['us-east-1', 'us-west-2-lax-1']);
    assert.equal((await awsSource(at))?.offers, 12);
  });

  test('starts a control plane again that is killed, and goes on', async (t) => {
    const { at, cloud } = await setUp(t);
    cloud.hold = /us-(east|west).*index\.csv/;
    const syncing = at.px(SYNC);
    await untilHeld(cloud, 2);
    const { pid } = (await at.pxJson('server status')) as { pid: number };
    cloud.hold = null;
    cloud.requests.length = 0;
    process.kill(pid, 'SIGKILL');
    const { status, stderr } = await syncing;
    assert.equal(
      stderr,
      '<px> The control plane has gone. Starting it again, and going on.\n<px> Synced [aws-list]: 12 offers. ✅\n',
    );
    assert.equal(status, 0);
    assert.deepEqual(lists(cloud).sort(), ['us-east-1', 'us-west-2-lax-1']);
  });

  test('draws a bar on a terminal, and streams its steps as JSON', async (t) => {
    const { at } = await setUp(t);
    const { stderr, stdout } = await at.px(SYNC, { tty: 100, env: { NO_COLOR: '1' } });
    assert.equal(stdout, '');
    assert.match(stderr, /<px> █+░+ [12]\/3 lists · \d+ offers · [\d.]+ KB/);
    assert.match(
      stderr,
      /█{20} 3\/3 lists · 12 offers[\s\S]*Synced \[aws-list\]: 12 offers\. ✅\n$/,
    );
    const json = await at.px(`${SYNC} --json`);
    const events = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SyncEvent);
    assert.deepEqual(events.at(-1), { t: 'done', source: 'aws-list', offers: 12, skipped: 0 });
    assert.ok(events.some((event) => event.t === 'progress' && event.parts === 3));
  });
});
