import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { clusterArgument, optionalArgument } from '../arguments.ts';
import { type SshWords, sshNodes, sshWords } from '../cluster/ssh.ts';
import type { Command } from '../command.ts';

/** What ssh's own configuration adds, by the names of `ssh -G`: a Host block has to say it. */
const TAKEN: Readonly<Record<string, string>> = {
  hostname: 'HostName',
  port: 'Port',
  user: 'User',
  identityfile: 'IdentityFile',
  identityagent: 'IdentityAgent',
  certificatefile: 'CertificateFile',
  identitiesonly: 'IdentitiesOnly',
  proxyjump: 'ProxyJump',
  proxycommand: 'ProxyCommand',
};

const PATHS = new Set(['IdentityFile', 'IdentityAgent', 'CertificateFile']);

/** As it has to be written: `ssh -G` shows a path with blanks without its quotes. */
const written = (key: string, value: string): string =>
  PATHS.has(key) && value.includes(' ') ? `"${value}"` : value;

/** The Host block of a node: it holds everywhere, whatever configuration it stands in. */
const block = async (node: string, { settings, words }: SshWords): Promise<string> => {
  const { stdout } = await promisify(execFile)('ssh', ['-G', ...words]);
  const own = new Set(settings.map(([key]) => key));
  const said = stdout.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf(' ');
    const key = TAKEN[line.slice(0, at)];
    return key === undefined || own.has(key) ? [] : [[key, written(key, line.slice(at + 1))]];
  });
  const lines = [...said, ...settings].map(([key, value]) => `  ${key} ${value}\n`);
  return `Host ${node}\n${lines.join('')}`;
};

export const clusterSshConfig: Command = {
  path: ['cluster', 'ssh-config'],
  summary: "print the nodes for ssh's configuration, so that scp, rsync and editors reach them",
  positionals: '[NAME]',
  example: `
px cluster ssh-config demo > demo.ssh
scp -F demo.ssh demo-0:/etc/os-release .`,
  details: `
Each node is a Host of its own name, with its host key pinned. It goes into a file for -F, or into
~/.ssh/config as: Include demo.ssh`,
  handler: async (parsed, context) => {
    const name = await clusterArgument(optionalArgument(parsed), context);
    const nodes = await sshNodes(context, name);
    if (context.json) {
      context.output.json({ nodes });
      return 0;
    }
    const words = sshWords(context, name, nodes);
    const blocks = await Promise.all([...words].map(([node, each]) => block(node, each)));
    await context.output.write(1, Buffer.from(blocks.join('\n')));
    return 0;
  },
};
