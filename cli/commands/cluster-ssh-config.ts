import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { clusterArgument, optionalArgument } from '../arguments.ts';
import { missingSsh, type SshWords, sshNodes, sshWords } from '../cluster/ssh.ts';
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

const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A jump host may be a Host of the user's own configuration, which a file for -F does not have: ssh asked
 * anew reads that one.
 */
const jumpCommand = (jump: string, words: readonly string[]): string => {
  const hops = jump.split(',');
  const last = hops.at(-1) ?? '';
  const before = hops.slice(0, -1).join(',');
  const [flag, file = ''] = words;
  return [
    'ssh',
    ...(flag === '-F' ? ['-F', shellWord(file.replaceAll('%', '%%'))] : []),
    ...(before === '' ? [] : ['-J', shellWord(before)]),
    ...["-W '[%h]:%p'", '--', last.startsWith('ssh://') ? last : `ssh://${last}`],
  ].join(' ');
};

/** The Host block of a node: it holds everywhere, whatever configuration it stands in. */
const block = async (node: string, { settings, words }: SshWords): Promise<string> => {
  const { stdout } = await promisify(execFile)('ssh', ['-G', ...words]).catch(
    (cause: NodeJS.ErrnoException) => {
      throw cause.code === 'ENOENT' ? missingSsh(cause) : cause;
    },
  );
  const own = new Set(settings.map(([key]) => key));
  const said = stdout.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf(' ');
    const key = TAKEN[line.slice(0, at)];
    if (key === undefined || own.has(key)) return [];
    const value = line.slice(at + 1);
    if (key === 'ProxyJump') return [['ProxyCommand', jumpCommand(value, words)]];
    return [[key, written(key, value)]];
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
