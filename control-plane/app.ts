import { Hono } from 'hono';
import { PxError } from '../protocol/errors.ts';
import type { Role, Route } from '../protocol/route.ts';
import { routes } from '../protocol/routes.ts';
import type { Deps } from './deps.ts';
import type { Handlers } from './handler.ts';
import { authenticate } from './middleware/authenticate.ts';
import type { AppEnv } from './middleware/context.ts';
import { answerError } from './middleware/errors.ts';
import { checkLoopbackHost } from './middleware/host.ts';
import { checkProtocol } from './middleware/protocol-version.ts';
import { type AnyHandler, serveRoute } from './middleware/serve-route.ts';
import { adviseBrowsers, serveDocument, servePage } from './openapi/serve.ts';

const register = (app: Hono<AppEnv>, deps: Deps, route: Route, handler: AnyHandler): void => {
  app.on(
    [route.method.toUpperCase()],
    [route.path.replaceAll(/\{(\w+)\}/g, ':$1')],
    authenticate(deps, route.role),
    checkProtocol(route.role),
    serveRoute(deps, route, handler),
  );
};

/**
 * The HTTP API: every row of the route table with its handler, and the document made from the table.
 * With roles, only what those may call: workers that come through tunnels meet nothing else.
 *
 * @example await createApp(deps, allHandlers(deps)).request('/v1/health')
 */
export const createApp = (
  deps: Deps,
  handlers: Handlers,
  roles: readonly Role[] | null = null,
): Hono<AppEnv> => {
  const app = new Hono<AppEnv>();
  const log = deps.log.child('http');
  app.onError((error, context) => answerError(log, error, context));
  if (deps.server.loopback) app.use(checkLoopbackHost);
  const byName: Record<string, unknown> = handlers;
  for (const [name, route] of Object.entries(routes)) {
    if (roles?.includes(route.role) ?? true) register(app, deps, route, byName[name] as AnyHandler);
  }
  if (roles !== null) return app;
  app.get('/v1/openapi.json', authenticate(deps, 'client'), serveDocument);
  app.get('/v1/docs', adviseBrowsers, authenticate(deps, 'client'), servePage);
  app.all('*', authenticate(deps, 'client'), (context) => {
    const { method, path } = context.req;
    throw new PxError('not_found', `There is no route ${method} ${path}.`, {
      hint: 'The routes: GET /v1/openapi.json',
    });
  });
  return app;
};
