import { PxError } from '../../protocol/errors.ts';
import { VERSION } from '../../protocol/version.ts';
import { type Check, fail, ok, reason, warn } from './check.ts';

/** Whether the control plane answers, is well, and is of this version. */
export const controlPlane: Check = async ({ context }) => {
  try {
    const client = await context.client();
    const health = await client.call('health');
    if (health.status === 'red') {
      const advice = 'See what it says: px server status';
      return fail('server', `The control plane is red: ${health.problem ?? 'unknown'}`, advice);
    }
    const status = await client.call('status');
    if (status.version === VERSION)
      return ok('server', `The control plane ${status.version} answers`);
    const advice = 'px server stop; the next command starts the new one.';
    return warn('server', `The control plane is ${status.version}, px is ${VERSION}`, advice);
  } catch (error) {
    const advice = (error instanceof PxError ? error.hint : null) ?? 'px server start -v';
    return fail('server', reason(error), advice);
  }
};
