import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SourceUrls } from '../../../control-plane/pricing/sources/urls.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';

/** What a price list answers. */
interface Listed {
  type: string;
  body: string;
  status?: number;
  headers?: Record<string, string>;
}

/** A path, and what stands there; the request's own URL and headers are looked at for paging and tokens. */
export type Shelf = Record<string, (url: URL, request: IncomingMessage) => Listed>;

/** What goes wrong with the next requests whose path matches. */
export interface Trouble {
  path: RegExp;
  kind: 'busy' | 'broken' | 'cut' | 'refused' | 'page' | 'silent';
  times: number;
}

export interface Cloud {
  url: string;
  urls: SourceUrls;
  shelf: Shelf;
  troubles: Trouble[];
  /** Path and query of every request, with its Range where it has one. */
  requests: string[];
  /** Whether a Range is honoured; some servers know none. */
  ranges: boolean;
  /** Requests whose path matches wait in `held` until they are called. */
  hold: RegExp | null;
  held: (() => void)[];
  close(): Promise<void>;
}

const REFUSALS = {
  busy: { status: 429, type: 'application/json', body: '{"error":"Too many requests"}' },
  broken: { status: 500, type: 'text/plain', body: 'Internal Server Error' },
  refused: { status: 403, type: 'application/json', body: '{"error":"Permission denied"}' },
  page: { status: 200, type: 'text/html', body: '<html>Welcome to the airport</html>' },
};

const send = (response: ServerResponse, listed: Listed): void => {
  response.writeHead(listed.status ?? 200, {
    'content-type': listed.type,
    'content-length': Buffer.byteLength(listed.body),
    ...listed.headers,
  });
  response.end(listed.body);
};

const part = (listed: Listed, range: string): Listed => {
  const bytes = Buffer.from(listed.body);
  const start = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
  return {
    ...listed,
    status: 206,
    body: bytes.subarray(start).toString(),
    headers: {
      ...listed.headers,
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    },
  };
};

/** Sends the first half of what it promised, and hangs up. */
const cut = (response: ServerResponse, listed: Listed): void => {
  const bytes = Buffer.from(listed.body);
  response.writeHead(listed.status ?? 200, {
    'content-type': listed.type,
    'content-length': bytes.length,
    ...listed.headers,
  });
  response.write(bytes.subarray(0, bytes.length >> 1), () => {
    // The half must be on its way before the end.
    setImmediate(() => response.destroy());
  });
};

const receive = (cloud: Cloud, request: IncomingMessage, response: ServerResponse): void => {
  const serve = (): void => answer(cloud, request, response);
  if (cloud.hold?.test(request.url ?? '') === true) cloud.held.push(serve);
  else serve();
};

const answer = (cloud: Cloud, request: IncomingMessage, response: ServerResponse): void => {
  const url = new URL(request.url ?? '/', cloud.url);
  const { range } = request.headers;
  cloud.requests.push(`${url.pathname}${url.search}${range === undefined ? '' : ` ${range}`}`);
  const trouble = cloud.troubles.find(({ path, times }) => times > 0 && path.test(url.pathname));
  const found = cloud.shelf[url.pathname];
  const listed = found?.(url, request) ?? { status: 404, type: 'text/plain', body: 'no such list' };
  if (trouble !== undefined) {
    trouble.times--;
    if (trouble.kind === 'silent') return;
    if (trouble.kind === 'cut') cut(response, listed);
    else send(response, { headers: { 'retry-after': '0' }, ...REFUSALS[trouble.kind] });
    return;
  }
  send(response, range !== undefined && cloud.ranges ? part(listed, range) : listed);
};

const urlsAt = (url: string): SourceUrls => ({
  gcpList: `${url}/machine-types-regions.csv`,
  gcpBilling: url,
  gcpCompute: url,
  awsPrices: url,
  awsSpot: `${url}/spot.json`,
  awsAdvisor: `${url}/spot-advisor-data.json`,
  awsEc2: `${url}/ec2/REGION`,
  azurePrices: url,
  azureManagement: url,
  digitalocean: url,
});

/** A web server that has the price lists of all clouds, and trouble on demand. */
export const startCloud = async (t: Cleanup, shelf: Shelf = {}): Promise<Cloud> => {
  const server = createServer((request, response) => receive(cloud, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const cloud: Cloud = {
    ...{ url, urls: urlsAt(url), shelf, troubles: [], requests: [], ranges: true, close },
    ...{ hold: null, held: [] },
  };
  t.after(close);
  return cloud;
};
