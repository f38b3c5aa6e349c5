import type { Handler, MiddlewareHandler } from 'hono';
import { PxError } from '../../protocol/errors.ts';
import type { AppEnv } from '../middleware/context.ts';

// Loaded when somebody asks: the generator would cost every start of the server a tenth of a second.
const load = async () => {
  const { makeDocument } = await import('./document.ts');
  return makeDocument();
};

/** `GET /v1/openapi.json` */
export const serveDocument: Handler<AppEnv> = async (context) => context.json(await load());

/** A browser that was pointed at the page sends no token and cannot be told to: it says how to get it. */
export const adviseBrowsers: MiddlewareHandler<AppEnv> = async (context, next) => {
  const { url } = context.req;
  const isBrowser = (context.req.header('accept') ?? '').includes('text/html');
  if (isBrowser && context.req.header('authorization') === undefined) {
    throw new PxError('unauthorized', 'This page needs a token, which a browser does not send.', {
      hint: `Save it and open the file: curl -H "authorization: Bearer $(cat "\${PX_HOME:-$HOME/.px}/token")" ${url} > px-docs.html`,
    });
  }
  return next();
};

/** `GET /v1/docs` */
export const servePage: Handler<AppEnv> = async (context) => {
  const { renderPage } = await import('./page.ts');
  context.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  return context.html(await renderPage(await load()));
};
