import type { Accounts } from '../../accounts/accounts.ts';
import { awsList } from './aws-list.ts';
import { azureRetail } from './azure-retail.ts';
import { digitalOcean } from './digitalocean.ts';
import { gcpBilling } from './gcp-billing.ts';
import { gcpList } from './gcp-list.ts';
import type { PriceSource } from './source.ts';

/** Every price list. Of one cloud the first whose account is there is used. */
export const PRICE_SOURCES: readonly PriceSource[] = [
  gcpBilling,
  gcpList,
  awsList,
  azureRetail,
  digitalOcean,
];

/** The public list of the same cloud, for one that an account opens; null where there is none. */
export const listInsteadOf = ({ cloud, needsAccount }: PriceSource): PriceSource | null =>
  PRICE_SOURCES.find((each) => needsAccount && each.cloud === cloud && !each.needsAccount) ?? null;

/** The list to use for each cloud, with the accounts that are connected. */
export const sourcesFor = (accounts: Accounts): readonly PriceSource[] => {
  const available = PRICE_SOURCES.filter((source) => source.isAvailable(accounts));
  return available.filter(
    (source) => available.find(({ cloud }) => cloud === source.cloud) === source,
  );
};
