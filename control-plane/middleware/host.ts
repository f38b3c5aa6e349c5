import type { MiddlewareHandler } from 'hono';
import { got, PxError } from '../../protocol/errors.ts';
import type { AppEnv } from './context.ts';

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/**
 * A web page can point a name of its own at 127.0.0.1 and then talk to a server there as its own
 * origin (DNS rebinding). Its Host header gives it away.
 */
export const checkLoopbackHost: MiddlewareHandler<AppEnv> = async (context, next) => {
  const host = context.req.header('host') ?? new URL(context.req.url).host;
  if (LOOPBACK_HOST.test(host)) return next();
  throw new PxError(
    'forbidden',
    `Expected the Host 127.0.0.1, localhost or [::1], got ${got(host)}.`,
  );
};
