import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { at } from '../../../control-plane/pricing/catalog.ts';
import { decodeCursor, encodeCursor } from '../../../control-plane/pricing/cursor.ts';
import type { Market } from '../../../control-plane/pricing/market.ts';
import { type Placed, positionOf } from '../../../control-plane/pricing/order.ts';
import {
  requirementsOf as defaultsOf,
  type Requirements,
} from '../../../control-plane/pricing/requirements.ts';
import { bestOfEachCloud, passedOver, rank } from '../../../control-plane/pricing/select.ts';
import { isSlip, satisfying, type Wish } from './oracle.ts';
import { marketOf, type RawOffer, rawOffer } from './raw.ts';

const RUNS = 300;
/** Sums are made in another order here and there. */
const TINY = 1e-9;

const CLOUDS = ['gcp', 'aws', 'digitalocean'];
const REGIONS = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'];
const SIZES = [1, 2, 4, 8, 16];

// Few types and many regions, so that slips have medians to be measured by; prices on a coarse grid,
// so that there are ties; now and then one that no list should have.
const price = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 4, max: 12 }).map((tenths) => tenths / 10) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 0.001, 0.1, 0.2, 40) },
);
const share = fc.constantFrom(0.01, 0.03, 0.1, 0.4, 1, 1.5, 0, -1);

const offers = fc
  .array(
    fc.record({
      cloud: fc.constantFrom(...CLOUDS),
      region: fc.constantFrom(...REGIONS),
      zone: fc.constantFrom('', 'a', 'b'),
      type: fc.integer({ min: 0, max: 2 }),
      vcpus: fc.constantFrom(...SIZES),
      memory: fc.constantFrom(...SIZES),
      odd: fc.constantFrom(
        'none',
        'none',
        'none',
        'none',
        'arm64',
        'burstable',
        'metal',
        'old',
        'gpu',
      ),
      price: fc.option(price, { freq: 12 }),
      disk: fc.constantFrom(0, 60, 600, 600),
      share: fc.option(share, { freq: 2 }),
    }),
    { minLength: 20, maxLength: 60, size: 'max' },
  )
  .map((drawn) => {
    const rows = drawn.map((each): RawOffer => {
      const spot = each.share === null || each.price === null ? null : each.price * each.share;
      return rawOffer({
        ...{ cloud: each.cloud, region: each.region, zone: each.zone },
        instance_type: `t${each.type}`,
        vcpus: each.vcpus,
        memory_gib: each.memory * 4,
        arch: each.odd === 'arm64' ? 'arm64' : 'x86_64',
        burstable: each.odd === 'burstable',
        bare_metal: each.odd === 'metal',
        prev_gen: each.odd === 'old',
        ...(each.odd === 'gpu' ? { gpu_name: 'nvidia-l4', gpu_count: 1 } : {}),
        price: each.price,
        spot_price: spot,
        local_disk_gb: each.disk,
      });
    });
    const key = ({ cloud, region, zone, instance_type }: RawOffer) =>
      [cloud, region, zone, instance_type].join();
    return [...new Map(rows.map((row) => [key(row), row])).values()];
  });

const subset = (items: readonly string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.subarray([...items], { minLength: 1 }) },
  );

const wishes: fc.Arbitrary<Wish> = fc.record({
  cpus: fc.constantFrom(0, 0, ...SIZES),
  memoryGib: fc.constantFrom(0, 0, 4, 8, 16, 32),
  diskGb: fc.constantFrom(0, 50, 500),
  arch: fc.constantFrom('x86_64', 'x86_64', 'arm64', 'any'),
  gpus: fc.constantFrom(0, 0, 0, 1),
  spot: fc.constantFrom('on-demand', 'spot', 'prefer'),
  providers: subset(CLOUDS),
  regions: subset(REGIONS),
  burstable: fc.boolean(),
  computeOnly: fc.boolean(),
});

const requirementsOf = ({ gpus, ...wish }: Wish): Requirements => ({
  ...defaultsOf({}),
  ...wish,
  diskGbMin: wish.diskGb,
  gpu: gpus === 0 ? null : { words: [], count: gpus },
});

const named = (market: Market, { index, spot, total }: Placed) => {
  const { name } = at(market.catalog.types, market.catalog.type[index] ?? 0);
  const { cloud, region, zone } = at(market.catalog.places, market.catalog.place[index] ?? 0);
  return { cloud, region, zone, type: name, spot, total };
};

const check = (property: (rows: RawOffer[], wish: Wish) => void): void =>
  fc.assert(fc.property(offers, wishes, property), { numRuns: RUNS });

const cheapest = (rows: RawOffer[], wish: Wish): number =>
  rank(marketOf(rows), requirementsOf(wish), { limit: 1 })[0]?.total ?? Number.POSITIVE_INFINITY;

describe('the ranking, held against an oracle that reads raw rows', () => {
  test('has exactly the offers that satisfy the requirements', () => {
    let compared = 0;
    let slips = 0;
    check((rows, wish) => {
      const market = marketOf(rows);
      const entries = rank(market, requirementsOf(wish));
      const expected = satisfying(rows, wish);
      const label = (cloud: string, region: string, zone: string, type: string, spot: boolean) =>
        [cloud, region, zone, type, spot].join();
      const own = entries.map((entry) => {
        const { cloud, region, zone, type, spot } = named(market, entry);
        return label(cloud, region, zone, type, spot);
      });
      const theirs = expected.map(({ row, spot }) =>
        label(row.cloud, row.region, row.zone, row.instance_type, spot),
      );
      assert.deepEqual(own.sort(), theirs.sort());
      compared += expected.length;
      slips += rows.filter((row) => (row.price ?? 0) > 0 && isSlip(row, rows)).length;
    });
    // Else the generators draw nothing that anybody could rank.
    assert.ok(compared > RUNS, `only ${compared} offers were compared`);
    assert.ok(slips > RUNS / 10, `only ${slips} slips were drawn`);
  });

  test('is led by a winner that no satisfying offer undercuts', () => {
    check((rows, wish) => {
      const market = marketOf(rows);
      const [winner] = rank(market, requirementsOf(wish), { limit: 1 });
      const expected = satisfying(rows, wish);
      assert.equal(winner === undefined, expected.length === 0);
      if (winner === undefined) return;
      const lowest = Math.min(...expected.map(({ total }) => total));
      assert.ok(Math.abs(winner.total - lowest) < TINY, `${winner.total} is not ${lowest}`);
    });
  });

  test('has the same winner for each cloud as a ranking of that cloud alone', () => {
    check((rows, wish) => {
      const market = marketOf(rows);
      for (const best of bestOfEachCloud(market, requirementsOf(wish))) {
        const { cloud } = named(market, best);
        const alone = { ...requirementsOf(wish), providers: [cloud] };
        const [winner] = rank(market, alone, { limit: 1 });
        assert.deepEqual(winner && named(market, winner), named(market, best));
      }
    });
  });

  test('does not get cheaper when a minimum is raised', () => {
    check((rows, wish) => {
      const before = cheapest(rows, wish);
      for (const more of [
        { cpus: wish.cpus + 2 },
        { memoryGib: wish.memoryGib + 8 },
        { diskGb: wish.diskGb + 100 },
      ]) {
        assert.ok(cheapest(rows, { ...wish, ...more }) >= before - TINY);
      }
      if (wish.gpus === 1) assert.ok(cheapest(rows, { ...wish, gpus: 2 }) >= before - TINY);
    });
  });

  test('does not get cheaper when providers or regions are narrowed', () => {
    check((rows, wish) => {
      const before = cheapest(rows, wish);
      const providers = (wish.providers ?? CLOUDS).slice(1);
      const regions = (wish.regions ?? REGIONS).slice(1);
      if (providers.length > 0) assert.ok(cheapest(rows, { ...wish, providers }) >= before - TINY);
      if (regions.length > 0) assert.ok(cheapest(rows, { ...wish, regions }) >= before - TINY);
    });
  });

  test('does not depend on the order of its input', () => {
    fc.assert(
      fc.property(
        offers.chain((rows) =>
          fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
        ),
        wishes,
        ([rows, shuffled], wish) => {
          const [one, other] = [marketOf(rows), marketOf(shuffled)];
          const list = (market: Market) =>
            rank(market, requirementsOf(wish)).map((entry) => named(market, entry));
          assert.deepEqual(list(one), list(other));
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('is the same page by page as in one piece, in every order', () => {
    const sorts = ['price', 'spot', 'cpus', 'memory', 'core', 'type'] as const;
    fc.assert(
      fc.property(offers, wishes, fc.constantFrom(...sorts), (rows, wish, sort) => {
        const market = marketOf(rows);
        const wanted = requirementsOf(wish);
        const whole = rank(market, wanted, { sort });
        const paged: Placed[] = [];
        for (let size = -1; size !== paged.length; ) {
          size = paged.length;
          const last = paged.at(-1);
          const after =
            last === undefined ? null : decodeCursor(encodeCursor(positionOf(market, last)));
          paged.push(...rank(market, wanted, { sort, limit: 7, after }));
        }
        assert.deepEqual(paged, whole);
      }),
      { numRuns: RUNS },
    );
  });

  test('counts as passed over exactly what is cheaper and not in it', () => {
    check((rows, wish) => {
      const market = marketOf(rows);
      const total = 0.7;
      const everything: Wish = { ...wish, cpus: 0, memoryGib: 0, providers: null, regions: null };
      const { counts } = passedOver(market, requirementsOf(wish), total, 1000);
      const passed = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const cheap = (of: Wish) => satisfying(rows, of).filter((each) => each.total < total - TINY);
      assert.ok(passed >= cheap(everything).length - cheap(wish).length);
    });
  });
});
