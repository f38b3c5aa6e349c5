import type { Handler } from 'hono';
import type { AppEnv } from '../middleware/context.ts';

// Loaded when somebody asks: the generator would cost every start of the server a tenth of a second.
const load = async () => {
  const { makeDocument } = await import('./document.ts');
  return makeDocument();
};

/** `GET /v1/openapi.json` */
export const serveDocument: Handler<AppEnv> = async (context) => context.json(await load());

/** `GET /v1/docs` */
export const servePage: Handler<AppEnv> = async (context) => {
  const { renderPage } = await import('./page.ts');
  context.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  return context.html(await renderPage(await load()));
};
