import type { RegionView, SourceView } from '../../protocol/messages/pricing.ts';
import { regionGroup } from '../../protocol/regions.ts';
import { at } from './catalog.ts';
import type { Market } from './market.ts';
import type { CatalogSource } from './offer.ts';
import { PRICE_SOURCES } from './sources/registry.ts';
import type { Syncs } from './syncs.ts';

const HOUR_MS = 3_600_000;

const rowsOf = ({ catalog }: Market, source: number): number[] => {
  const rows: number[] = [];
  for (let index = 0; index < catalog.size; index++) {
    if (catalog.source[index] === source) rows.push(index);
  }
  return rows;
};

const newest = (market: Market, rows: readonly number[]): string | null => {
  const { origins, origin } = market.catalog;
  const dates = new Set(rows.map((index) => at(origins, origin[index] ?? 0).asOf));
  return [...dates].sort().at(-1) ?? null;
};

const viewSource = (
  market: Market,
  syncs: Syncs,
  stored: CatalogSource | null,
  name: string,
  now: number,
): SourceView => {
  const list = PRICE_SOURCES.find((each) => each.name === name);
  const position = market.catalog.sources.findIndex((each) => each.name === name);
  const rows = stored === null ? [] : rowsOf(market, position);
  return {
    name,
    cloud: list?.cloud ?? null,
    kind: stored?.kind ?? list?.kind ?? 'import',
    needs_account: list?.needsAccount ?? false,
    offers: rows.length,
    unranked: rows.filter((index) => market.guards.price[index] !== 0).length,
    synced_at: stored?.syncedAt ?? null,
    age_hours: stored === null ? null : (now - stored.syncedAt) / HOUR_MS,
    as_of: newest(market, rows),
    syncing: syncs.isRunning(name),
    problem: syncs.problem(name),
  };
};

/** Every list that px knows, and every import. */
export const listSources = (market: Market, syncs: Syncs, now: number): SourceView[] => {
  const stored = new Map(market.catalog.sources.map((source) => [source.name, source]));
  const names = new Set([...PRICE_SOURCES.map(({ name }) => name), ...stored.keys()]);
  return [...names].map((name) => viewSource(market, syncs, stored.get(name) ?? null, name, now));
};

/** Every region with an offer. */
export const listRegions = (market: Market): RegionView[] => {
  const { catalog } = market;
  const found = new Map<string, RegionView>();
  for (let index = 0; index < catalog.size; index++) {
    const { cloud, region, zone } = at(catalog.places, catalog.place[index] ?? 0);
    const key = `${cloud}\n${region}`;
    let view = found.get(key);
    if (view === undefined) {
      const rates = market.rates(cloud, region);
      view = {
        ...{ cloud, region, group: regionGroup(cloud, region), zones: [], offers: 0 },
        boot_disk_gb_month: rates.disk_gb_month,
        address_hour: rates.address_hour,
        egress_gb: Number.isNaN(rates.egress_gb) ? null : rates.egress_gb,
      };
      found.set(key, view);
    }
    view.offers++;
    if (zone !== '' && !view.zones.includes(zone)) view.zones.push(zone);
  }
  for (const { zones } of found.values()) zones.sort();
  return [...found.keys()].sort().flatMap((key) => found.get(key) ?? []);
};

const offersOf = (count: number): string => `${count} offer${count === 1 ? '' : 's'}`;

/** What imports say in the place of these sources, so that nobody wonders where their prices are. */
export const overriddenNotices = (
  { catalog, displaced }: Market,
  synced: ReadonlySet<string>,
): { source: string; message: string }[] => {
  const imports = new Set(
    catalog.sources.flatMap(({ name, kind }) => (kind === 'import' ? [name] : [])),
  );
  return [...synced].flatMap((source) => {
    const own = displaced.filter((each) => each.source === source && imports.has(each.by));
    if (own.length === 0) return [];
    const words = own.map(({ by, offers }) => `${offersOf(offers)} by the import [${by}]`);
    return [{ source, message: `Overridden: ${words.join(', ')}.` }];
  });
};

const DAY_HOURS = 24;

/** Says how old lists are that should have been refreshed; imports age as their owner likes. */
export const ageNotices = (market: Market, syncs: Syncs, now: number): string[] =>
  market.catalog.sources.flatMap(({ name, kind, syncedAt }) => {
    const hours = (now - syncedAt) / HOUR_MS;
    if (kind === 'import' || hours < DAY_HOURS) return [];
    const days = Math.floor(hours / DAY_HOURS);
    const why = syncs.problem(name);
    return [
      `Prices of ${name} are ${days} day${days === 1 ? '' : 's'} old.${why === null ? '' : ` ${why}`}`,
    ];
  });
