import type { Readable } from 'node:stream';
import type { AccountReference } from '../../protocol/accounts.ts';
import type {
  BestQuery,
  BestReply,
  CompareQuery,
  CompareReply,
  ImportReply,
  OffersQuery,
  OffersReply,
  PassedOver,
  PricingSync,
  RankedOffer,
  RegionView,
  SourceView,
  SyncEvent,
} from '../../protocol/messages/pricing.ts';
import type { Requirements } from './requirements.ts';

/** What a cluster can be made of: the failover order, and what was cheaper and is not in it. */
export interface ClusterRanking {
  offers: readonly RankedOffer[];
  passed: readonly PassedOver[];
  notices: readonly string[];
}

/** Where the caller's accounts and its way out of the network are to be found; null where nobody says. */
export type Caller = AccountReference | null;

/** The price catalog of a control plane. Its database is opened by the first who asks. */
export interface Pricing {
  offers(query: OffersQuery, caller?: Caller): Promise<OffersReply>;
  offersCsv(query: OffersQuery, caller?: Caller): Promise<Iterable<string>>;
  best(query: BestQuery, caller?: Caller): Promise<BestReply>;
  compare(query: CompareQuery, caller?: Caller): Promise<CompareReply>;
  /**
   * At most `limit` offers that a cluster with these requirements may be made of, in regions that the
   * account has; throws `no_offer`.
   */
  rankForCluster(
    requirements: Requirements,
    limit?: number,
    caller?: Caller,
  ): Promise<ClusterRanking>;
  sources(): SourceView[];
  regions(): RegionView[];
  /** Syncs, and tells how far it is. Failures are events; a cloud without a list is `bad_request`. */
  sync(
    request: PricingSync,
    signal: AbortSignal,
    caller?: Caller,
  ): Promise<AsyncIterable<SyncEvent>>;
  import(input: Readable, source: string | undefined): Promise<ImportReply>;
  /** Syncs again what is older than a day. */
  refresh(signal: AbortSignal): Promise<void>;
  close(): void;
}
