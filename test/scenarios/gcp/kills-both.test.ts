// kill -9 before and after every request and every commit of `up`, `resize` and `down`, enumerated by the
// emulated cloud and by the database. PX_LONG=1 takes every point, with real machines too: under `node --test`,
// since that is longer than a file of this suite may take.
import { describe, test } from 'node:test';
import { skip } from '../support/gcp.ts';
import { killAtAll, LONG } from '../support/kill-series.ts';

describe('the control plane is killed at its requests and commits', () => {
  test('with the px that waits: the next px command leaves nothing', (t) =>
    killAtAll(t, { real: false, both: true }));

  const long = skip === false && LONG ? false : 'PX_LONG=1: minutes with real machines';
  test('with the px that waits, and the machines are real', { skip: long }, (t) =>
    killAtAll(t, { real: true, both: true }),
  );
});
