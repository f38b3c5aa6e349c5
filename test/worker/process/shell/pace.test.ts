import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from '../../../../worker/process/shell/pace.ts';

const after = (...ends: readonly ((pace: Pace) => void)[]): boolean => {
  const pace = new Pace();
  for (const end of ends) end(pace);
  return pace.isShort('/job');
};
const alone = (ms: number, startMs: number) => (pace: Pace) => pace.alone('/job', ms, startMs);
const inShell = (ms: number) => (pace: Pace) => pace.inShell('/job', ms);

test('a job comes to shells by a short invocation, measured by its start on a busy machine', () => {
  assert.equal(after(), false);
  assert.equal(after(alone(5, 1)), true);
  assert.equal(after(alone(40, 1)), false);
  assert.equal(after(alone(40, 8)), true);
});

test('a job leaves its shells once most of its invocations are long, and not for middling ones', () => {
  const middling = Array.from({ length: 50 }, () => inShell(60));
  assert.equal(after(alone(5, 1), ...middling), true);
  assert.equal(after(alone(5, 1), inShell(200)), false);
  assert.equal(after(alone(5, 1), inShell(5), inShell(200)), true);
});

test('a job that needs exact ends has none of it, and another job is not concerned', () => {
  const pace = new Pace();
  for (const cwd of ['/job', '/other']) pace.alone(cwd, 5, 1);
  pace.needsSubshell('/job');
  assert.deepEqual([pace.isShort('/job'), pace.isDirect('/job')], [true, false]);
  pace.needsExact('/job');
  assert.equal(pace.isShort('/job'), false);
  assert.deepEqual([pace.isShort('/other'), pace.isDirect('/other')], [true, true]);
});
