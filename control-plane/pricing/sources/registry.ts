import { awsList } from './aws-list.ts';
import { azureRetail } from './azure-retail.ts';
import { digitalOcean } from './digitalocean.ts';
import { gcpBilling } from './gcp-billing.ts';
import { gcpList } from './gcp-list.ts';
import type { Accounts, PriceSource } from './source.ts';

/** Every price list. Of one cloud the first whose account is there is used. */
export const PRICE_SOURCES: readonly PriceSource[] = [
  gcpBilling,
  gcpList,
  awsList,
  azureRetail,
  digitalOcean,
];

/** The list to use for each cloud, with the accounts that are connected. */
export const sourcesFor = (accounts: Accounts): readonly PriceSource[] => {
  const available = PRICE_SOURCES.filter((source) => source.isAvailable(accounts));
  return available.filter(
    (source) => available.find(({ cloud }) => cloud === source.cloud) === source,
  );
};
