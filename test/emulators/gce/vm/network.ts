import { BlockList } from 'node:net';
import { run } from './run.ts';

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

/** A network namespace on the bridge; `reach` gives and takes its public address. */
interface Namespace {
  path: string;
  reach(isReachable: boolean): Promise<void>;
  /** The cable is pulled, or put back. */
  cut(isCut: boolean): Promise<void>;
  close(): Promise<void>;
}

export const createNamespace = async (
  { bridge, number }: Network,
  { ip, natIp }: { ip: string; natIp: string | null },
): Promise<Namespace> => {
  const serial = ip.split('.').at(-1);
  const name = `${bridge}-${serial}`;
  const link = `pxg${number}v${serial}`;
  await run('ip', 'netns', 'add', name);
  await run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await run('ip', 'link', 'set', link, 'master', bridge, 'up');
  const inside = (...words: string[]) => run('ip', '-n', name, ...words);
  await inside('link', 'set', 'lo', 'up');
  await inside('link', 'set', 'eth0', 'up');
  await inside('addr', 'add', `${ip}/24`, 'dev', 'eth0');
  await inside('addr', 'add', '169.254.169.254/32', 'dev', 'lo');
  let isUp = false;
  return {
    path: `/run/netns/${name}`,
    reach: async (isReachable) => {
      if (natIp === null || isReachable === isUp) return;
      isUp = isReachable;
      await inside('addr', isReachable ? 'add' : 'del', `${natIp}/24`, 'dev', 'eth0');
    },
    cut: async (isCut) => void (await run('ip', 'link', 'set', link, isCut ? 'down' : 'up')),
    close: async () => void (await run('ip', 'netns', 'del', name)),
  };
};
