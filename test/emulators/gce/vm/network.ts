import { BlockList } from 'node:net';
import { run, runWith } from './run.ts';

/**
 * One bridge of this machine with the addresses of an emulated cloud's network. 198.18.0.0/15 is set
 * aside for tests of networks (RFC 2544), so that it stands for the internet here.
 */
export interface Network {
  /** Third octet of all its addresses. */
  number: number;
  bridge: string;
  /** Where px's connections come from. */
  gateway: string;
  close(): Promise<void>;
}

const MAX_NUMBER = 250;

/** Makes a bridge that no other emulated cloud has. */
export const createNetwork = async (): Promise<Network> => {
  const first = (process.pid % MAX_NUMBER) + 1;
  for (let step = 0; step < MAX_NUMBER; step++) {
    const number = ((first + step) % MAX_NUMBER) + 1;
    const bridge = `pxgce${number}`;
    try {
      await run('ip', 'link', 'add', bridge, 'type', 'bridge');
    } catch {
      continue;
    }
    const gateway = `198.18.${number}.1`;
    await run('ip', 'addr', 'add', `${gateway}/24`, 'dev', bridge);
    await run('ip', 'link', 'set', bridge, 'up');
    const close = async (): Promise<void> => void (await run('ip', 'link', 'del', bridge));
    return { number, bridge, gateway, close };
  }
  throw new Error('No bridge is free');
};

/** Whether one of these ranges holds the address. */
export const isInRanges = (ranges: readonly string[], address: string): boolean => {
  const list = new BlockList();
  for (const range of ranges) {
    const [base = '', bits = '32'] = range.split('/');
    list.addSubnet(base, Number(bits), base.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list.check(address);
};

const METADATA_ADDRESS = '169.254.169.254/32';

/** A network namespace whose eth0 is on the bridge, with what `ip` is then told inside. */
const addNamespace = async ({ bridge, number }: Network, serial: string, inside: string[]) => {
  const name = `${bridge}-${serial}`;
  const link = `pxg${number}v${serial}`;
  await run('ip', 'netns', 'add', name);
  await run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await run('ip', 'link', 'set', link, 'master', bridge, 'up');
  await runWith(
    ['link set lo up', 'link set eth0 up', ...inside].join('\n'),
    ...['ip', '-n', name, '-batch', '-'],
  );
  const close = async (): Promise<void> => {
    // A link that goes with its namespace is there for a while: the next network of this number wants its name.
    await run('ip', 'link', 'del', link);
    await run('ip', 'netns', 'del', name);
  };
  return { name, link, path: `/run/netns/${name}`, close };
};

/** A network namespace on the bridge; `reach` gives and takes its public address. */
interface Namespace {
  path: string;
  reach(isReachable: boolean): Promise<void>;
  /** The cable is pulled, or put back. */
  cut(isCut: boolean): Promise<void>;
  close(): Promise<void>;
}

export const createNamespace = async (
  network: Network,
  { ip, natIp }: { ip: string; natIp: string | null },
): Promise<Namespace> => {
  const { name, link, path, close } = await addNamespace(network, ip.split('.').at(-1) ?? '', [
    `addr add ${ip}/24 dev eth0`,
    `route add ${METADATA_ADDRESS} dev eth0 src ${ip}`,
  ]);
  let isUp = false;
  return {
    path,
    reach: async (isReachable) => {
      if (natIp === null || isReachable === isUp) return;
      isUp = isReachable;
      const verb = isReachable ? 'add' : 'del';
      await run('ip', '-n', name, 'addr', verb, `${natIp}/24`, 'dev', 'eth0');
    },
    cut: async (isCut) => void (await run('ip', 'link', 'set', link, isCut ? 'down' : 'up')),
    close,
  };
};

/** Where the machines of a network find their metadata: a namespace with the address that all clouds use. */
export const createMetadataNamespace = async (
  network: Network,
  inside: string,
): Promise<{ path: string; close(): Promise<void> }> => {
  const { path, close } = await addNamespace(network, 'md', [
    `addr add ${METADATA_ADDRESS} dev eth0`,
    `route add ${inside}0/24 dev eth0`,
  ]);
  return { path, close };
};
