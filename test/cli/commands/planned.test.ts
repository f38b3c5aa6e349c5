import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANNED } from '../../../cli/commands/planned.ts';
import { registry } from '../../../cli/commands/registry.ts';
import { runPx } from '../../helpers/run-px.ts';

test('a command of a later version is told from one that never was', async () => {
  const planned = await runPx('schedule ls');
  assert.equal(planned.status, 125);
  assert.match(planned.stderr, /^<px> px schedule is not in this version of px yet\.\n/);
  assert.match((await runPx('job why j1')).stderr, /px job why is not in this version/);
  assert.match((await runPx('shedule ls')).stderr, /Unknown command/);
});

test('what is there is not called planned', () => {
  const there = registry.map(({ path }) => path.join(' '));
  const both = PLANNED.filter((words) =>
    there.some((path) => path === words || path.startsWith(`${words} `)),
  );
  assert.deepEqual(both, []);
});
