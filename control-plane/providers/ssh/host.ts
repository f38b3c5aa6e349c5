import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { got, PxError } from '../../../protocol/errors.ts';
import type { ClusterAccess } from '../../../protocol/messages/clusters.ts';
import type { SshTarget } from '../../machines/target.ts';

/** Where a host is, without its keys. */
export type HostPlace = Omit<SshTarget, 'hostKeys'>;

const HOST = /^(?:([^@\s]+)@)?(?:\[([0-9A-Fa-f:.%\w]+)\]|([^@:\s[\]]+))(?::(\d{1,5}))?$/;
/** An address of IPv6 without brackets has no room for a port. */
const BARE_IPV6 = /^(?:([^@\s]+)@)?([0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/;
const PORT_MAX = 65_535;

/** `user@host:port`, each but the host may be left out. Throws `bad_request`. */
export const parseHost = (text: string): Pick<SshTarget, 'host' | 'port' | 'user'> => {
  const [, user, bracketed, plain, portText] = HOST.exec(text) ?? [];
  const [, user6, bare] = BARE_IPV6.exec(text) ?? [];
  const host = bracketed ?? plain ?? bare;
  const port = portText === undefined ? undefined : Number(portText);
  const isPort = port === undefined || (port > 0 && port <= PORT_MAX);
  const name = user ?? user6;
  if (host === undefined || host.startsWith('-') || name?.startsWith('-') === true || !isPort) {
    throw new PxError(
      'bad_request',
      `Expected a host like deploy@10.0.0.6:2222, got ${got(text)}.`,
      {
        hint: 'User and port may be left out, and a Host of ~/.ssh/config may stand there.',
      },
    );
  }
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(name === undefined ? {} : { user: name }),
  };
};

/** ssh asks the system for the home directory; a HOME that says another one has its own configuration. */
const configOf = (home: string | undefined): string | undefined => {
  if (home === undefined || home === userInfo().homedir) return undefined;
  const file = join(home, '.ssh', 'config');
  return existsSync(file) ? file : undefined;
};

/** A host as the caller's ssh would reach it. */
export const placeOf = (text: string, { env }: ClusterAccess): HostPlace => {
  const configFile = configOf(env.HOME);
  const agentSocket = env.SSH_AUTH_SOCK;
  return {
    ...parseHost(text),
    ...(configFile === undefined ? {} : { configFile }),
    ...(agentSocket === undefined || agentSocket === '' ? {} : { agentSocket }),
  };
};
