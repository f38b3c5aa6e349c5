import { PxError } from '../../protocol/errors.ts';
import type {
  BestQuery,
  BestReply,
  CompareQuery,
  CompareReply,
  CompareRow,
  OffersQuery,
  OffersReply,
  PassedReason,
  RankedOffer,
} from '../../protocol/messages/pricing.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { egressPerGb, parseBucket } from './egress.ts';
import type { Market } from './market.ts';
import { positionOf } from './order.ts';
import { everythingOf, type Requirements, requirementsOf } from './requirements.ts';
import { bestOfEachCloud, passedOver, rank } from './select.ts';
import { viewPassed, viewRanked } from './views.ts';

const OFFERS_A_PAGE = 100;
const PASSED_SHOWN = 10;

type Without<T> = Omit<T, 'notices'>;

/** A page of the ranking, or of every row. */
export const queryOffers = (market: Market, query: OffersQuery): Without<OffersReply> => {
  const wanted = query.all === true ? everythingOf(query) : requirementsOf(query);
  const limit = query.limit ?? OFFERS_A_PAGE;
  const entries = rank(market, wanted, {
    limit: limit + 1,
    sort: query.sort ?? 'price',
    after: query.cursor === undefined ? null : decodeCursor(query.cursor),
    unguarded: query.all === true,
  });
  const page = entries.slice(0, limit);
  const last = entries.length > limit ? page.at(-1) : undefined;
  return {
    items: page.map((entry) => viewRanked(market, wanted, entry)),
    next: last === undefined ? null : encodeCursor(positionOf(market, last)),
  };
};

const SWITCH: Partial<Record<PassedReason, string>> = {
  cpus: '--cpus',
  memory: '--memory',
  gpu: '--gpu',
  disk: '--disk',
  disk_unknown: '--disk',
  arch: '--arch any',
  burstable: '--burstable',
  bare_metal: '--bare-metal',
  previous_generation: '--previous',
  instance_type: '--instance-type',
  provider: '--provider',
  region: '--region any',
  zone: '--zone',
  no_spot_price: '--prefer-spot',
};

/** The reason that keeps the most offers out is the one to look at first. */
export const nothingFits = (market: Market, wanted: Requirements): PxError => {
  const { counts } = passedOver(market, wanted, Number.POSITIVE_INFINITY, 0);
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const words = sorted.map(([reason, count]) => `${count} for ${reason.replaceAll('_', ' ')}`);
  const flags = sorted.flatMap(([reason]) => SWITCH[reason as PassedReason] ?? []);
  return new PxError(
    'no_offer',
    `No offer meets the requirements: passed over ${words.join(', ')}.`,
    {
      hint: `Change one of: ${flags.slice(0, 3).join(', ') || '--provider'}; all rows: px pricing ls --all`,
      details: counts,
    },
  );
};

/** The winner, the best of each cloud, and why cheaper offers were passed over. Throws `no_offer`. */
export const queryBest = (market: Market, query: BestQuery): Without<BestReply> => {
  const wanted = requirementsOf(query);
  const clouds = bestOfEachCloud(market, wanted);
  const [winner] = clouds;
  if (winner === undefined) throw nothingFits(market, wanted);
  const { counts, offers } = passedOver(market, wanted, winner.total, query.limit ?? PASSED_SHOWN);
  return {
    winner: viewRanked(market, wanted, winner),
    clouds: clouds.map((entry) => viewRanked(market, wanted, entry)),
    passed_over: { counts, offers: offers.map((each) => viewPassed(market, wanted, each)) },
    nodes: wanted.nodes,
    hours: wanted.hours,
  };
};

const MINUTES_PER_HOUR = 60;

/** What spot saves; null where there is no spot price, or one that would never be ranked. */
const saving = (
  { guards }: Market,
  index: number,
  { price, spot_price }: RankedOffer,
): number | null => {
  if (price === null || spot_price === null || guards.spot[index] !== 0) return null;
  return 100 * (1 - spot_price / price);
};

/** The best of each cloud in the figures that people compare. Throws `no_offer`. */
export const queryCompare = (market: Market, query: CompareQuery): Without<CompareReply> => {
  const wanted = requirementsOf(query);
  const bucket = query.bucket === undefined ? null : parseBucket(query.bucket);
  const clouds = bestOfEachCloud(market, wanted);
  if (clouds.length === 0) throw nothingFits(market, wanted);
  const items = clouds.map((entry): CompareRow => {
    const offer = viewRanked(market, wanted, entry);
    const { total } = entry;
    return {
      offer,
      per_hour: total,
      per_minute: total / MINUTES_PER_HOUR,
      per_1000_core_hours: (1000 * total) / offer.vcpus,
      spot_saving_percent: saving(market, entry.index, offer),
      egress_per_gb: egressPerGb(market, offer, bucket),
      cost: total * wanted.nodes * wanted.hours,
    };
  });
  return { items, nodes: wanted.nodes, hours: wanted.hours };
};
