import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Cleanup } from '../../helpers/control-plane.ts';

interface TokenServer {
  url: string;
  /** What was posted, in order. */
  posts: URLSearchParams[];
}

const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** A service account's key file, as the console gives it. */
export const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'demo-project',
  private_key_id: '1',
  private_key: KEYS.privateKey,
  client_email: 'px@demo-project.iam.gserviceaccount.com',
  client_id: '1',
  token_uri: 'https://oauth2.googleapis.com/token',
};

/** What `gcloud auth application-default login` writes. */
export const USER_CREDENTIALS = {
  type: 'authorized_user',
  client_id: 'gcloud',
  client_secret: 'public',
  refresh_token: 'good',
  quota_project_id: 'demo-project',
};

/** Whether a JWT is signed by the service account (RFC 7523, RS256). */
const isSigned = (jwt: string): boolean => {
  const [head = '', body = '', signature = ''] = jwt.split('.');
  const { iss } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iss: string };
  const key = createPublicKey(KEYS.publicKey);
  const bytes = Buffer.from(signature, 'base64url');
  return (
    iss === SERVICE_ACCOUNT.client_email &&
    verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, bytes)
  );
};

const google = (form: URLSearchParams): [number, unknown] => {
  const isGood =
    form.get('grant_type') === 'refresh_token'
      ? form.get('refresh_token') === 'good'
      : isSigned(form.get('assertion') ?? '');
  return isGood
    ? [200, { access_token: 'gcp-token', expires_in: 3599, token_type: 'Bearer' }]
    : [400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }];
};

const azure = (form: URLSearchParams): [number, unknown] => {
  const proof = form.get('client_secret') ?? form.get('client_assertion');
  return form.get('grant_type') === 'client_credentials' && proof === 'good'
    ? [200, { token_type: 'Bearer', expires_in: 3599, access_token: 'azure-token' }]
    : [
        401,
        { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret.' },
      ];
};

/** The token endpoints of Google and of Azure's tenant `tenant-1`. */
export const startTokens = async (t: Cleanup): Promise<TokenServer> => {
  const posts: URLSearchParams[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = new URLSearchParams(await text(request));
    posts.push(form);
    const [status, body] =
      request.url === '/token'
        ? google(form)
        : request.url === '/tenant-1/oauth2/v2.0/token'
          ? azure(form)
          : [404, {}];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posts };
};
