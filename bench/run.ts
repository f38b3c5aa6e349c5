import { parseArgs } from 'node:util';
import type { Case, Row } from './case.ts';
import { bytes } from './cases/bytes.ts';
import { cluster } from './cases/cluster.ts';
import { dispatch } from './cases/dispatch.ts';
import { idle } from './cases/idle.ts';
import { invocations } from './cases/invocations.ts';
import { jpeg } from './cases/jpeg.ts';
import { lines } from './cases/lines.ts';
import { pricing } from './cases/pricing.ts';
import { stdin } from './cases/stdin.ts';
import { sync } from './cases/sync.ts';
import { tunnel } from './cases/tunnel.ts';
import { warm } from './cases/warm.ts';
import { tableOf } from './table.ts';
import { openWorld } from './world.ts';

/** Every case of the bench: adding one is a file and a row. */
const cases: readonly Case[] = [
  warm,
  invocations,
  sync,
  stdin,
  bytes,
  tunnel,
  cluster,
  jpeg,
  lines,
  dispatch,
  idle,
  pricing,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    rounds: { type: 'string' },
    profile: { type: 'string' },
  },
});

const chosen = cases.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const quick = values.quick ?? false;
const world = await openWorld(process.env, {
  quick,
  rounds: Number(values.rounds ?? (quick ? 1 : 3)),
  profile: values.profile ?? null,
});
const rows: Row[] = [];
try {
  for (const each of chosen) rows.push(...(await each.run(world)));
} finally {
  await world.close();
}
if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else for (const line of tableOf(rows)) process.stdout.write(`${line}\n`);
