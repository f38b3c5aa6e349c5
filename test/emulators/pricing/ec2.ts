import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Shelf } from './server.ts';

/** Of AWS's own documentation: nobody's. */
export const AWS_KEYS = {
  id: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * Whether a GET is signed as "Signature Version 4 signing process" of the IAM guide says, by our key,
 * for the service and region that were asked.
 */
const isSigned = (url: URL, request: IncomingMessage, region: string): boolean => {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/ec2\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const found = pattern.exec(request.headers.authorization ?? '');
  if (found === null) return false;
  const [, id, day = '', signedRegion, names = '', signature] = found;
  const query = [...url.searchParams]
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = names
    .split(';')
    .map((name) => `${name}:${String(request.headers[name]).trim()}\n`)
    .join('');
  const canonical = ['GET', url.pathname, query, headers, names, sha256('')].join('\n');
  const scope = `${day}/${region}/ec2/aws4_request`;
  const date = String(request.headers['x-amz-date']);
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [day, region, 'ec2', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${AWS_KEYS.secret}`,
  );
  return (
    id === AWS_KEYS.id &&
    signedRegion === region &&
    names.split(';').includes('host') &&
    hmac(key, text).toString('hex') === signature
  );
};

const xml = (body: string, status = 200) => ({ type: 'text/xml;charset=UTF-8', body, status });

const refusal = (code: string, message: string) =>
  xml(
    `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
    code === 'AuthFailure' ? 401 : 403,
  );

const regions = (names: readonly string[]) =>
  xml(`<?xml version="1.0" encoding="UTF-8"?>
<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>
    <regionInfo>
${names.map((name) => `        <item><regionName>${name}</regionName><regionEndpoint>ec2.${name}.amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item>`).join('\n')}
    </regionInfo>
</DescribeRegionsResponse>`);

const PRICES = [
  ['m7i.xlarge', 'a', '0.090000'],
  ['m7i.xlarge', 'b', '0.081000'],
  ['t3.xlarge', 'a', '0.061000'],
] as const;

/** Two prices a page. */
const history = (url: URL, region: string) => {
  const skip = Number(url.searchParams.get('NextToken') ?? 0);
  const items = PRICES.slice(skip, skip + 2).map(
    ([type, zone, price]) =>
      `<item><instanceType>${type}</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>${price}</spotPrice><timestamp>2026-08-31T08:00:00.000Z</timestamp><availabilityZone>${region}${zone}</availabilityZone></item>`,
  );
  const next = skip + 2 < PRICES.length ? String(skip + 2) : '';
  return xml(`<?xml version="1.0" encoding="UTF-8"?>
<DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>
  <spotPriceHistorySet>${items.join('')}</spotPriceHistorySet>
  <nextToken>${next}</nextToken>
</DescribeSpotPriceHistoryResponse>`);
};

/** The EC2 API of the regions that an account has, and of one that it has not. `blind`: no right to spot prices. */
export const ec2Shelf = (own: readonly string[], { blind = false } = {}): Shelf =>
  Object.fromEntries(
    [...own, 'eu-central-1'].map((region) => [
      `/ec2/${region}/`,
      (url: URL, request: IncomingMessage) => {
        if (!isSigned(url, request, region) || !own.includes(region)) {
          return refusal(
            'AuthFailure',
            'AWS was not able to validate the provided access credentials',
          );
        }
        if (url.searchParams.get('Version') !== '2016-11-15') {
          return refusal('InvalidAction', 'The action is not valid for this web service.');
        }
        switch (url.searchParams.get('Action')) {
          case 'DescribeRegions':
            return regions(own);
          case 'DescribeSpotPriceHistory':
            return blind
              ? refusal(
                  'UnauthorizedOperation',
                  'You are not authorized to perform this operation.',
                )
              : history(url, region);
          default:
            return refusal('InvalidAction', 'The action is not valid for this web service.');
        }
      },
    ]),
  );
