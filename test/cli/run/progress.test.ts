import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../../cli/run/progress.ts';
import { processedLine } from '../../../cli/run/words.ts';
import { jobView } from '../../helpers/job-view.ts';

const running = jobView(
  { state: 'running', spec: { ...jobView().spec, input: { kind: 'stdin' } } },
  { lines: 1000, linesDone: 500 },
);

const sink = () => {
  const shown: string[] = [];
  const show = async (text: string) => void shown.push(text);
  return { shown, bar: show, line: show };
};

test('a run shows a bar from its first second on, a job that was joined at once and from its start', async () => {
  let now = 5_000;
  const clock = () => now;
  const [own, joined] = [new Progress(clock, true), new Progress(clock, true, () => 50_000)];
  const [ownSink, joinedSink] = [sink(), sink()];
  for (const step of [0, 950]) {
    now += step;
    await own.show({ job: running, waiting: null }, ownSink);
    await joined.show({ job: running, waiting: null }, joinedSink);
  }
  assert.deepEqual(ownSink.shown, [
    '<px> ██████████░░░░░░░░░░ 500/1000 · 526/s · 1.0s left · $0.00',
  ]);
  assert.deepEqual(
    joinedSink.shown.map((line) => line.slice('<px> '.length + 21)),
    ['500/1000 · 10/s · 50.0s left · $0.00', '500/1000 · 9.8/s · 50.9s left · $0.00'],
  );
});

test('the last line counts the inputs of a job, or its partitions where it has none', () => {
  const none = jobView(
    { spec: { ...jobView().spec, input: { kind: 'none' } } },
    { partitions: 4, succeeded: 4 },
  );
  assert.equal(processedLine(none, 300), 'Processed 4 partitions in 0.3s, $0.00');
  const all = { ...running, counters: { ...running.counters, linesDone: 1000 } };
  assert.equal(
    processedLine({ ...all, costUsd: 0.01 }, 14_700),
    'Processed 1000 inputs in 14.7s, $0.01',
  );
  assert.match(processedLine(running, 300), /^Processed 500 of 1000 inputs in /);
});

test('off a terminal a line comes every 30 seconds', async () => {
  let now = 0;
  const progress = new Progress(() => now, false);
  const lines = sink();
  for (now = 0; now <= 65_000; now += 1_000)
    await progress.show({ job: running, waiting: null }, lines);
  assert.equal(lines.shown.length, 2);
});

test('what holds a job up is told once it is no passing thing, and again every 30 seconds', async () => {
  let now = 0;
  const progress = new Progress(() => now, false);
  const lines = sink();
  const held = { job: jobView({ state: 'queued' }), waiting: 'job jfirst is before it' };
  for (now = 0; now <= 4_000; now += 1_000) await progress.show(held, lines);
  assert.equal(lines.shown.length, 0);
  for (; now <= 34_000; now += 1_000) await progress.show(held, lines);
  assert.deepEqual(
    lines.shown.map((line) => line.includes(' · waiting: job jfirst is before it · ')),
    [true],
  );
});
