import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { answerAccount } from './account.ts';
import { ApiError, type Cloud, type Trouble } from './cloud.ts';
import { disabledWords, errorBody } from './errors.ts';
import { HANDLERS } from './handlers.ts';
import { findMethod, type Method, messageProblems, queryValue } from './spec.ts';

type Json = Record<string, unknown>;

const send = (response: ServerResponse, status: number, body: Json): void => {
  const words = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(words);
};

/** The request as one message: what stands in the path, in the query and in the body. */
const requestOf = (
  method: Method,
  params: Record<string, string>,
  query: URLSearchParams,
  body: Json,
): Json => ({
  ...params,
  ...Object.fromEntries(
    [...query].map(([name, value]) => [name, queryValue(method.request, name, value)]),
  ),
  ...(method.body === null ? {} : { [method.body]: body }),
});

/** The trouble that strikes this call, if any; hangs and failures strike its operation instead. */
const takeTrouble = (cloud: Cloud, name: string): Trouble | undefined => {
  const trouble = cloud.troubles.find(
    ({ kind, times, method }) =>
      kind !== 'hang' && kind !== 'fail' && times > 0 && method.test(name),
  );
  if (trouble !== undefined) trouble.times--;
  return trouble;
};

const checkCaller = (cloud: Cloud, request: IncomingMessage): void => {
  const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (cloud.tokens.has(token)) return;
  throw new ApiError(
    401,
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    'authError',
  );
};

const checkProject = (cloud: Cloud, project: string): void => {
  if (project !== cloud.project && !project.endsWith('-cloud')) {
    throw new ApiError(404, `The resource 'projects/${project}' was not found`, 'notFound');
  }
  if (cloud.account.disabledServices.has('compute.googleapis.com')) {
    const words = disabledWords(cloud, 'Compute Engine API', 'compute.googleapis.com');
    throw new ApiError(403, words, 'accessNotConfigured');
  }
};

/** Answers a call of the Compute API; both sides are held against the vendor's description. */
const answerCompute = (cloud: Cloud, url: URL, verb: string, body: Json): Json => {
  const found = findMethod(verb, url.pathname);
  if (found === undefined) {
    cloud.problems.push(`${verb} ${url.pathname}: no such method is described`);
    throw new ApiError(404, 'Not Found', 'notFound');
  }
  const { method, params } = found;
  const request = requestOf(method, params, url.searchParams, body);
  cloud.calls.push(method.name);
  cloud.problems.push(...messageProblems(method.request, request, method.name));
  checkProject(cloud, params.project ?? '');
  const handler = HANDLERS[method.name];
  if (handler === undefined) {
    cloud.problems.push(`${method.name} is not emulated`);
    throw new ApiError(501, `${method.name} is not emulated`, 'notImplemented');
  }
  const answer = handler(cloud, request);
  cloud.problems.push(...messageProblems(method.response, answer, `${method.name} answered`));
  return answer;
};

const answerToken = (cloud: Cloud): Json => ({
  access_token: [...cloud.tokens][0] ?? '',
  expires_in: 3599,
  token_type: 'Bearer',
});

/** One call whose body was read, under the name of its method. */
interface Asked {
  url: URL;
  verb: string;
  words: string;
  name: string;
}

/** Carries the call out; what it returns sends the answer. */
const carryOut = (
  cloud: Cloud,
  request: IncomingMessage,
  response: ServerResponse,
  { url, verb, words, name }: Asked,
): (() => void) => {
  if (url.pathname === '/token') return () => send(response, 200, answerToken(cloud));
  if (url.pathname === '/checkip') return () => void response.end(`${cloud.callerAddress}\n`);
  const trouble = takeTrouble(cloud, name);
  if (trouble?.kind === 'silent') return () => undefined;
  try {
    checkCaller(cloud, request);
    if (trouble?.kind === 'refuse') {
      const { status = 500, message = 'Backend Error', reason = 'backendError' } = trouble;
      throw new ApiError(status, message, reason);
    }
    const body = (words === '' ? {} : JSON.parse(words)) as Json;
    const small = answerAccount(cloud, { verb, path: url.pathname }, body);
    const answered = small ?? answerCompute(cloud, url, verb, body);
    return trouble?.kind === 'lose'
      ? () => void response.destroy()
      : () => send(response, 200, answered);
  } catch (error) {
    if (!(error instanceof ApiError)) {
      cloud.problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const refusal =
      error instanceof ApiError ? error : new ApiError(500, String(error), 'internal');
    return () => send(response, refusal.status, errorBody(refusal));
  }
};

const answer = async (cloud: Cloud, request: IncomingMessage, response: ServerResponse) => {
  const url = new URL(request.url ?? '/', 'http://cloud');
  const verb = request.method ?? 'GET';
  const words = await text(request);
  const name = findMethod(verb, url.pathname)?.method.name ?? url.pathname;
  cloud.served += 1;
  const call = { serial: cloud.served, name };
  if (cloud.watch?.('before', call) === true) return void response.destroy();
  const deliver = carryOut(cloud, request, response, { url, verb, words, name });
  if (cloud.watch?.('after', call) === true) response.destroy();
  else deliver();
};

/** Serves the cloud on a free port of loopback. */
export const serveCloud = async (
  cloud: Cloud,
): Promise<{ url: string; close(): Promise<void> }> => {
  const server = createServer((request, response) => void answer(cloud, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
};
