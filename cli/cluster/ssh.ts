import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import type { NodeSsh } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';

/** The nodes that ssh reaches. Throws where the cluster is this machine. */
export const sshNodes = async (context: Context, name: string): Promise<NodeSsh[]> => {
  const client = await context.client();
  const { nodes } = await client.call('clusterSsh', { params: { name } });
  if (nodes.length > 0) return nodes;
  throw new PxError('bad_request', `No node of cluster ${name} is reached by ssh.`, {
    hint: `px cluster show ${name}. A command on every node: px cluster exec ${name} -- uname -a`,
  });
};

/** There is no ssh to run. */
export const missingSsh = (cause: unknown): PxError =>
  new PxError('unsupported', 'There is no ssh in your PATH.', {
    hint: 'Install openssh-client.',
    cause,
  });

/** Writes the file of the cluster's host keys, the only ones that count, and returns its path. */
const pinKeys = (context: Context, cluster: string, nodes: readonly NodeSsh[]): string => {
  const folder = join(context.home, 'ssh-config');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${cluster}.known_hosts`);
  const lines = nodes.flatMap(({ alias, hostKeys }) => hostKeys.map((key) => `${alias} ${key}\n`));
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return file;
};

/** A path as the one value of a setting: ssh splits at blanks and replaces what begins with %. */
const settingOf = (path: string): string =>
  `"${path.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Settings of ssh by which a node is that node and no other. */
const pinned = (node: NodeSsh, file: string): [string, string][] => [
  ['HostKeyAlias', node.alias],
  ['UserKnownHostsFile', settingOf(file)],
  ['GlobalKnownHostsFile', '/dev/null'],
  ['StrictHostKeyChecking', 'yes'],
  ['UpdateHostKeys', 'no'],
];

/** What makes an ssh command of this node, up to the command that runs there. */
export interface SshWords {
  /** Settings of ssh, in order. */
  settings: [string, string][];
  /** Words behind `ssh`, the place included. */
  words: string[];
}

/** The words of the system's ssh for each node, with its keys pinned. */
export const sshWords = (
  context: Context,
  cluster: string,
  nodes: readonly NodeSsh[],
): Map<string, SshWords> => {
  const file = pinKeys(context, cluster, nodes);
  return new Map(
    nodes.map((node) => {
      const settings = [
        ...pinned(node, file),
        ...(node.identityFiles.length === 0 ? [] : [['IdentitiesOnly', 'yes']]),
        ...(node.proxyCommand === undefined ? [] : [['ProxyCommand', node.proxyCommand]]),
        ...(node.jump === undefined ? [] : [['ProxyJump', node.jump]]),
      ] as [string, string][];
      const words = [
        ...(node.configFile === undefined ? [] : ['-F', node.configFile]),
        ...settings.flatMap(([key, value]) => ['-o', `${key}=${value}`]),
        ...node.identityFiles.flatMap((key) => ['-i', key]),
        ...(node.port === undefined ? [] : ['-p', String(node.port)]),
        ...(node.user === undefined ? [] : ['-l', node.user]),
        node.host,
      ];
      return [node.node, { settings, words }];
    }),
  );
};
