import { PROXY_VARIABLES } from '../../protocol/accounts.ts';
import { PxError } from '../../protocol/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What an environment says of proxies; tools read the lower-case names first. */
const proxiesOf = (env: Env): Record<string, string> =>
  Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => {
      const value = env[name.toLowerCase()] || env[name];
      return value ? [[name, value]] : [];
    }),
  );

/** Sets the proxies of all requests, and gives back how to undo it. */
type SetProxies = (proxies: Record<string, string>) => () => void;

/**
 * Makes `useProxies` of the runtime's way to set them. It is called for a change only: connections that
 * are open would not be used again.
 */
export const createUseProxies = (set: SetProxies) => {
  let used = '{}';
  let undo = (): void => undefined;
  return (env: Env): void => {
    const proxies = proxiesOf(env);
    const wanted = JSON.stringify(proxies);
    if (wanted === used) return;
    // Node adds to what was set before: an empty environment would change nothing.
    undo();
    undo = () => undefined;
    used = '{}';
    try {
      if (Object.keys(proxies).length > 0) undo = set(proxies);
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new PxError('bad_request', `The proxy of the environment cannot be used: ${words}`, {
        cause,
        hint: 'export HTTPS_PROXY=http://host:port, or unset it',
      });
    }
    used = wanted;
  };
};
