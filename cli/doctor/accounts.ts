import { accessOf } from '../cluster/access.ts';
import { type Check, ok, reason, warn } from './check.ts';

/** For which clouds px finds credentials. None are needed on this machine and on hosts of one's own. */
export const accounts: Check = async ({ context }) => {
  try {
    const client = await context.client();
    const access = accessOf(context.env, { acceptNewHostKeys: false });
    const { providers } = await client.call('connected', { json: { access } });
    if (providers.length > 0) return ok('accounts', `Credentials for ${providers.join(', ')}`);
    return ok(
      'accounts',
      'No credentials of a cloud: px cluster up asks for none here and on hosts',
    );
  } catch (error) {
    return warn('accounts', reason(error), 'px server status');
  }
};
