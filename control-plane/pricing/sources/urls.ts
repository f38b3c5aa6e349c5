/** Where lists are fetched; mirrors and tests name others (`pricing.urls` in settings.json). */
export interface SourceUrls {
  gcpList: string;
  gcpBilling: string;
  gcpCompute: string;
  awsPrices: string;
  awsSpot: string;
  awsAdvisor: string;
  /** `REGION` in it stands for the region. */
  awsEc2: string;
  azurePrices: string;
  azureManagement: string;
  digitalocean: string;
}

const PUBLIC_URLS: SourceUrls = {
  gcpList: 'https://gcloud-compute.com/machine-types-regions.csv',
  gcpBilling: 'https://cloudbilling.googleapis.com',
  gcpCompute: 'https://compute.googleapis.com',
  awsPrices: 'https://pricing.us-east-1.amazonaws.com',
  awsSpot: 'https://website.spot.ec2.aws.a2z.com/spot.json',
  awsAdvisor: 'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json',
  awsEc2: 'https://ec2.REGION.amazonaws.com',
  azurePrices: 'https://prices.azure.com',
  azureManagement: 'https://management.azure.com',
  digitalocean: 'https://api.digitalocean.com',
};

/** Addresses in place of the public ones. */
export type UrlOverrides = { [Name in keyof SourceUrls]?: string | undefined };

/** The public addresses, but for those that are named. A slash at the end means nothing. */
export const urlsWith = (over: UrlOverrides): SourceUrls => {
  const named = Object.entries(over).filter(([, url]) => url !== undefined && url !== '');
  const clean = named.map(([name, url]) => [name, url?.replace(/\/+$/, '')]);
  return { ...PUBLIC_URLS, ...Object.fromEntries(clean) };
};
