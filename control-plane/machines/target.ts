/** How ssh reaches one machine. What is not said is left to ssh's own configuration. */
export interface SshTarget {
  /** A name or address, or a Host of ssh's configuration. */
  host: string;
  port?: number;
  user?: string;
  /** Private key files, by path. */
  identityFiles?: readonly string[];
  /** Value of SSH_AUTH_SOCK. */
  agentSocket?: string;
  /** `-J`: user@host:port, several with commas. */
  jump?: string;
  /** Its stdin and stdout are the connection, as ssh's ProxyCommand. */
  proxyCommand?: string;
  /** Variables that the program of proxyCommand wants: whose account it uses. */
  env?: Readonly<Record<string, string>>;
  /** Instead of the user's and the system's configuration; `none` reads none. */
  configFile?: string;
  /** The user may become root without a password, and px does. */
  sudo?: boolean;
  /** The machine is px's alone: who is logged in there uses the node, and px looks for that. */
  hasGuests?: boolean;
  /** The machine's keys, `ssh-ed25519 AAAA…`: no other is taken. */
  hostKeys: readonly string[];
  /** The file in which they are known, where a person wrote them down or agreed to them. */
  knownIn?: string;
}

/** `user@host:port`, as people and errors name the machine. */
export const nameOf = ({ host, port, user }: Omit<SshTarget, 'hostKeys'>): string => {
  const at = user === undefined ? '' : `${user}@`;
  if (port === undefined) return `${at}${host}`;
  return host.includes(':') ? `${at}[${host}]:${port}` : `${at}${host}:${port}`;
};

/** What a person types to try it by hand. */
export const byHand = ({ host, port, user, configFile }: Omit<SshTarget, 'hostKeys'>): string =>
  [
    'ssh',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    host,
  ].join(' ');

/** Words of the ssh command that say where to; what they leave out its configuration says. */
export const placeWords = (target: Omit<SshTarget, 'hostKeys'>): string[] => {
  const { host, port, user, identityFiles = [], jump, proxyCommand, configFile } = target;
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...identityFiles.flatMap((file) => ['-i', file]),
    ...(identityFiles.length === 0 ? [] : ['-o', 'IdentitiesOnly=yes']),
    ...(jump === undefined ? [] : ['-J', jump]),
    ...(proxyCommand === undefined ? [] : ['-o', `ProxyCommand=${proxyCommand}`]),
    '--',
    host,
  ];
};

/**
 * Options of every connection that px makes by itself: nobody is asked anything, nothing of the
 * user's machine goes along, and only pinned keys are taken.
 */
export const ownOptions = (knownHosts: string, alias: string): string[] =>
  [
    ...['BatchMode=yes', 'StrictHostKeyChecking=yes', 'UpdateHostKeys=no', 'CheckHostIP=no'],
    ...[`UserKnownHostsFile=${knownHosts}`, 'GlobalKnownHostsFile=/dev/null'],
    `HostKeyAlias=${alias}`,
    ...['ClearAllForwardings=yes', 'ForwardAgent=no', 'ForwardX11=no', 'PermitLocalCommand=no'],
    ...['RemoteCommand=none', 'RequestTTY=no', 'ControlPersist=no', 'LogLevel=ERROR'],
    ...['ConnectTimeout=10', 'ConnectionAttempts=1'],
  ].flatMap((option) => ['-o', option]);
