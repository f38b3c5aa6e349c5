import { got, PxError } from '../../protocol/errors.ts';
import type { OfferView } from '../../protocol/messages/pricing.ts';
import type { Market } from './market.ts';
import { CROSS_REGION_GB } from './rates.ts';

/** Where data lies; `region` is empty where nobody says: then it is taken to be near. */
interface Bucket {
  cloud: string;
  region: string;
}

const SCHEMES: Record<string, string> = {
  gs: 'gcp',
  s3: 'aws',
  az: 'azure',
  abfss: 'azure',
  spaces: 'digitalocean',
};

/** `gs://name`, `gcp`, `aws:us-east-1`. Throws `bad_request`. */
export const parseBucket = (text: string): Bucket => {
  const scheme = SCHEMES[/^([a-z0-9]+):\/\//.exec(text)?.[1] ?? ''];
  if (scheme !== undefined) return { cloud: scheme, region: '' };
  const [, cloud, region = ''] = /^([a-z]+)(?::([a-z0-9-]+))?$/.exec(text) ?? [];
  if (cloud !== undefined) return { cloud, region };
  throw new PxError(
    'bad_request',
    `Expected a bucket such as gs://name, gcp or aws:us-east-1, got ${got(text)}.`,
  );
};

/** USD to bring one GB of the bucket to the machine; without a bucket, to send one to the internet. */
export const egressPerGb = (
  market: Market,
  offer: OfferView,
  bucket: Bucket | null,
): number | null => {
  if (bucket === null || bucket.cloud !== offer.cloud) {
    const from = bucket ?? offer;
    const rate = market.rates(from.cloud, from.region).egress_gb;
    return Number.isNaN(rate) ? null : rate;
  }
  if (bucket.region === '' || bucket.region === offer.region) return 0;
  return CROSS_REGION_GB[offer.cloud] ?? null;
};
