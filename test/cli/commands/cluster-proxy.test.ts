import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../emulators/certificate.ts';
import { startGce } from '../../emulators/gce/start.ts';
import { startProxy } from '../../emulators/proxy.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { pxHome } from '../../helpers/px-home.ts';
import { credentials, priceList } from '../../scenarios/support/gcp.ts';

/** The same server behind TLS, as clouds are. */
const startTls = async (t: Cleanup, url: string): Promise<number> => {
  const { port } = new URL(url);
  const server = createServer({ key: CERTIFICATE_KEY, cert: CERTIFICATE }, (client) => {
    const target = connect(Number(port), '127.0.0.1');
    for (const socket of [client, target]) socket.on('error', () => target.destroy());
    target.pipe(client).pipe(target);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
};

test('a cloud is asked through the proxy of the px that started the control plane', async (t) => {
  const gce = await startGce(t);
  const place = 'prices.example:443';
  const proxy = await startProxy(t, { [place]: await startTls(t, gce.url) });
  const at = pxHome(t);
  mkdirSync(at.home, { mode: 0o700 });
  writeFileSync(join(at.home, 'settings.json'), '{"gcpUrl":"https://prices.example:443"}');
  const write = (name: string, text: string): string => {
    writeFileSync(join(at.cwd, name), text);
    return join(at.cwd, name);
  };
  const env = {
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: write('company.pem', CERTIFICATE),
    GOOGLE_CLOUD_PROJECT: gce.project,
    GOOGLE_APPLICATION_CREDENTIALS: write(
      'key.json',
      credentials('https://prices.example', write('subject', 'subject')),
    ),
  };
  const prices = await at.px(['pricing', 'import', write('offers.csv', `${priceList(gce)}\n`)], {
    env,
  });
  assert.equal(prices.status, 0, prices.stderr);
  gce.account.billingEnabled = false;
  const up = await at.px('cluster up jpg --provider gcp --yes', { env });
  assert.equal(up.status, 125);
  assert.match(up.stderr, /Billing is off for project demo-project/);
  assert.deepEqual([...new Set(proxy.tunnels)], [place]);
});
