import type { AccountUrls } from './accounts/accounts.ts';
import type { UrlOverrides } from './pricing/sources/urls.ts';

type Overrides<T> = { [Name in keyof T]?: T[Name] | undefined };

/** What the owner of a control plane can change (`settings.json` in PX_HOME); defaults in parentheses. */
export interface Settings {
  /** Finished jobs are kept so long (30 days) … */
  retainMs: number;
  /** … or until their bytes pass this quota (20 GiB), oldest first. */
  quotaBytes: number;
  /** Below so much free disk, reports and appends get 507 (256 MiB). */
  freeFloorBytes: number;
  /** The embedded server ends after so long without jobs, clusters or schedules (1 h); null = never. */
  lifetimeMs: number | null;
  /** A lease without acknowledgement (30 s). */
  leaseMs: number;
  /** The same where a laptop's control plane serves nodes elsewhere: the laptop may sleep (15 min). */
  remoteLeaseMs: number;
  /** A node whose tunnel is down for so long, awake, while another's is up, loses its leases (90 s). */
  tunnelLossMs: number;
  /** A cluster that comes up goes when the px that waited for it was silent for so long (60 s). */
  unattendedMs: number;
  /** What a cloud was asked to make is in its lists within so long (10 s). */
  settleMs: number;
  /** An input whose sender is silent for so long fails (60 s). */
  inputSilenceMs: number;
  /**
   * Where price lists and tokens are fetched, for mirrors (control-plane/pricing/sources/urls.ts,
   * control-plane/accounts/open-accounts.ts).
   */
  pricingUrls?: (UrlOverrides & Overrides<AccountUrls>) | undefined;
  /** Where all of Google Cloud's APIs are asked, for an emulator or a proxy. */
  gcpUrl?: string | undefined;
  /** A mirror of nodejs.org/dist, for machines of another architecture than the control plane's. */
  nodeUrl?: string | undefined;
}
