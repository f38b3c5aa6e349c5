import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram, type Tools } from '../../machines/command.ts';
import { refusal } from '../../machines/refusal.ts';
import { placeWords } from '../../machines/target.ts';
import type { HostPlace } from './host.ts';

const ASK_MS = 10_000;
/** ssh gives up a silent connect after 10 s. */
const LEARN_MS = 30_000;
const SSH_PORT = '22';

export interface KeyOptions extends Tools {
  /** PX_HOME: keys that somebody agreed to are kept there. */
  home: string;
}

/** A key as `ssh-ed25519 AAAA…`, of a line of known_hosts without marker. */
const keyIn = (line: string): string | null => {
  const [, type, key] = /^[^@#\s]\S*\s+(\S+)\s+(\S+)/.exec(line) ?? [];
  return type === undefined || key === undefined ? null : `${type} ${key}`;
};

const keysIn = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const key = keyIn(line);
    return key === null ? [] : [key];
  });

/**
 * The files of ssh's configuration in which hosts are known, the name under which this one is, and where
 * its connections lead, however it is spelled.
 */
const lookUp = async (tools: Tools, place: HostPlace) => {
  const words = placeWords(place);
  const { status, stdout, stderr } = await runProgram(tools, ['ssh', '-G', ...words], null, ASK_MS);
  if (status !== 0) throw refusal({ ...place, hostKeys: [] }, stderr);
  const said = new Map(
    stdout.split('\n').map((line) => {
      const at = line.indexOf(' ');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const host = said.get('hostname') ?? place.host;
  const port = said.get('port') ?? SSH_PORT;
  const name = said.get('hostkeyalias') ?? (port === SSH_PORT ? host : `[${host}]:${port}`);
  const files = [said.get('userknownhostsfile'), said.get('globalknownhostsfile')]
    // A blank in a path looks like the one between two: each begins with / or ~.
    .flatMap((list) => (list ?? '').split(/ (?=[/~])/))
    .map((file) => file.replace(/^~(?=\/)/, homedir()))
    .filter((file) => file.startsWith('/') && existsSync(file));
  const way = [said.get('proxyjump'), said.get('proxycommand')].map((value) => value ?? '');
  return { name, files, end: [host, port, ...way].join(' ') };
};

const ownFile = (home: string): string => join(home, 'known_hosts');

const knownIn = async (tools: Tools, file: string, name: string): Promise<string[]> => {
  if (!existsSync(file)) return [];
  const argv = ['ssh-keygen', '-F', name, '-f', file];
  return keysIn((await runProgram(tools, argv, null, ASK_MS)).stdout);
};

/** What is known of a host before anybody connects. */
interface Known {
  /** Where connections lead: the same for two spellings of one host. */
  end: string;
  /** None: nobody knows it yet. */
  keys: string[];
  /** The file that has the keys. */
  file: string;
}

/** The keys by which this host is known already: to the user's ssh, else to px. */
export const knownKeys = async (options: KeyOptions, place: HostPlace): Promise<Known> => {
  const { name, files, end } = await lookUp(options, place);
  const found = await Promise.all(files.map((file) => knownIn(options, file, name)));
  const keys = [...new Set(found.flat())];
  const own = ownFile(options.home);
  if (keys.length === 0) return { end, keys: await knownIn(options, own, name), file: own };
  return { end, keys, file: files[found.findIndex((those) => those.length > 0)] ?? own };
};

/** Remembers keys that somebody agreed to. */
export const rememberKeys = async (
  options: KeyOptions,
  place: HostPlace,
  keys: readonly string[],
): Promise<void> => {
  const { name } = await lookUp(options, place);
  mkdirSync(options.home, { recursive: true, mode: 0o700 });
  const lines = keys.map((key) => `${name} ${key}\n`).join('');
  appendFileSync(ownFile(options.home), lines, { mode: 0o600 });
};

/** The key that a host shows to who has never seen it. Throws ssh's words where it is out of reach. */
export const shownKeys = async (options: KeyOptions, place: HostPlace): Promise<string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'px-keys-'));
  try {
    const file = join(folder, 'known_hosts');
    const words = [
      ...['BatchMode=yes', 'StrictHostKeyChecking=accept-new', 'ConnectTimeout=10'],
      ...[`UserKnownHostsFile=${file}`, 'GlobalKnownHostsFile=/dev/null', 'HashKnownHosts=no'],
      ...['UpdateHostKeys=no', 'ControlPath=none', 'ClearAllForwardings=yes', 'LogLevel=ERROR'],
      // Nobody logs in: the key comes before that.
      ...['PreferredAuthentications=none', 'RemoteCommand=none'],
    ].flatMap((option) => ['-o', option]);
    const env = { ...options.env, LC_ALL: 'C', SSH_ASKPASS_REQUIRE: 'never' };
    const argv = ['ssh', '-T', ...words, ...placeWords(place), 'true'];
    const { stderr } = await runProgram({ ...options, env }, argv, null, LEARN_MS);
    const keys = existsSync(file) ? keysIn(readFileSync(file, 'utf8')) : [];
    if (keys.length === 0) throw refusal({ ...place, hostKeys: [] }, stderr);
    return keys;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
