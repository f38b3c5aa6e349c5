import type { MiddlewareHandler } from 'hono';
import { got, PxError } from '../../protocol/errors.ts';
import type { Role } from '../../protocol/route.ts';
import { PROTOCOL, PROTOCOL_HEADER, PROTOCOL_OLDEST, VERSION } from '../../protocol/version.ts';
import type { AppEnv } from './context.ts';

const RANGE = PROTOCOL_OLDEST === PROTOCOL ? `${PROTOCOL}` : `${PROTOCOL_OLDEST} to ${PROTOCOL}`;

/**
 * Refuses callers that speak another protocol: `upgrade_required`. Workers must say which they
 * speak; a person with curl need not.
 */
export const checkProtocol = (role: Role): MiddlewareHandler<AppEnv> => {
  const isRequired = role === 'node' || role === 'join';
  return async (context, next) => {
    const header = context.req.header(PROTOCOL_HEADER);
    if (header === undefined && !isRequired) return next();
    const number = header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : null;
    if (number !== null && number >= PROTOCOL_OLDEST && number <= PROTOCOL) return next();
    throw new PxError(
      'upgrade_required',
      `This control plane (px ${VERSION}) speaks protocol ${RANGE}. Expected that in ${PROTOCOL_HEADER}, got ${got(header)}.`,
      {
        hint: `Use px ${VERSION} on both sides.`,
        details: { oldest: PROTOCOL_OLDEST, newest: PROTOCOL },
      },
    );
  };
};
