import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../emulators/certificate.ts';
import { GCP_LIST } from '../../emulators/pricing/gcp.ts';
import { startCloud } from '../../emulators/pricing/server.ts';
import { startProxy } from '../../emulators/proxy.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { type PxHome, pxHome } from '../../helpers/px-home.ts';

const SYNC = 'pricing sync --provider gcp';
const SYNCED = '<px> Synced [gcp-list]: 9 offers. ✅\n';
const PATH = '/machine-types-regions.csv';

/** A price list on https, which only the proxy reaches, under a name that is nowhere else. */
const startTlsList = async (t: Cleanup): Promise<number> => {
  const server = createServer({ key: CERTIFICATE_KEY, cert: CERTIFICATE }, (_, response) =>
    response.writeHead(200, { 'content-type': 'text/csv' }).end(GCP_LIST),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
};

/** A PX_HOME whose control plane is not started yet. */
const homeWith = (t: Cleanup, gcpList: string): PxHome => {
  const at = pxHome(t);
  mkdirSync(at.home, { mode: 0o700 });
  writeFileSync(join(at.home, 'settings.json'), JSON.stringify({ pricingUrls: { gcpList } }));
  return at;
};

describe('a control plane behind a proxy', () => {
  test('fetches lists through HTTPS_PROXY, and trusts the certificates that it is told to', async (t) => {
    const port = await startTlsList(t);
    const proxy = await startProxy(t, { 'prices.example:443': port });
    const at = homeWith(t, `https://prices.example${PATH}`);
    const certificate = join(at.cwd, 'company.pem');
    writeFileSync(certificate, CERTIFICATE);
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: certificate };
    const { status, stderr } = await at.px(SYNC, { env });
    assert.deepEqual([status, stderr], [0, SYNCED]);
    assert.deepEqual([...new Set(proxy.tunnels)], ['prices.example:443']);
  });

  test('goes the way of who asks, not of who started it, and past the proxy where NO_PROXY says', async (t) => {
    const cloud = await startCloud(t, { [PATH]: () => ({ type: 'text/csv', body: GCP_LIST }) });
    const { host, port } = new URL(cloud.url);
    const proxy = await startProxy(t, { [host]: Number(port) });
    const at = homeWith(t, `${cloud.url}${PATH}`);
    const tunnelsOf = async (env: Record<string, string>) => {
      proxy.tunnels.length = 0;
      const { status, stderr } = await at.px(SYNC, { env });
      assert.deepEqual([status, stderr], [0, SYNCED]);
      return proxy.tunnels.length;
    };
    assert.equal(await tunnelsOf({}), 0);
    assert.ok((await tunnelsOf({ http_proxy: proxy.url })) > 0);
    assert.equal(await tunnelsOf({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' }), 0);
    assert.ok((await tunnelsOf({ HTTP_PROXY: proxy.url, NO_PROXY: 'localhost' })) > 0);
    assert.equal(await tunnelsOf({}), 0);
  });

  test('brings the way of the first question along, too', async (t) => {
    const cloud = await startCloud(t, { [PATH]: () => ({ type: 'text/csv', body: GCP_LIST }) });
    const proxy = await startProxy(t, { 'prices.example:80': Number(new URL(cloud.url).port) });
    const at = homeWith(t, `http://prices.example${PATH}`);
    await at.px('server start');
    for (const question of ['best', 'ls', 'compare']) {
      const env = { HTTP_PROXY: question === 'best' ? proxy.url : 'http://127.0.0.1:9' };
      const { status, stderr } = await at.px(`pricing ${question} --provider gcp`, { env });
      assert.equal(status, 0, stderr);
    }
    assert.deepEqual([...new Set(proxy.tunnels)], ['prices.example:80']);
  });

  test('names a proxy that is none, and what it forbids', async (t) => {
    const proxy = await startProxy(t, {});
    const at = homeWith(t, `http://prices.example${PATH}`);
    const best = 'pricing best --provider gcp';
    const forbidden = await at.px(best, { env: { HTTP_PROXY: proxy.url } });
    assert.equal(forbidden.status, 125);
    assert.match(forbidden.stderr, /no prices yet.*Proxy response \(403\)/);
    const wrong = await at.px(SYNC, { env: { HTTP_PROXY: 'not a proxy' } });
    assert.equal(wrong.status, 125);
    assert.match(wrong.stderr, /proxy of the environment cannot be used.*not a proxy/);
    assert.match(wrong.stderr, /export HTTPS_PROXY=/);
  });

  test('starts with a proxy that is none: only who needs the internet minds', async (t) => {
    const at = homeWith(t, 'http://prices.example');
    const { status } = await at.px('server start', { env: { HTTPS_PROXY: 'not a proxy' } });
    assert.equal(status, 0);
  });
});
