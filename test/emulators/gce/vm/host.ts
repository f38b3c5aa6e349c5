import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Vm } from '../cloud.ts';
import { createNamespace, type Network } from './network.ts';

/** A real Linux machine: namespaces for its network, mounts, processes and name, and a root of its own. */
export interface Host {
  /** Path of its network namespace. */
  readonly network: string;
  boot(): void;
  /** Its system gets the wish to go off, as by ACPI. */
  pressPowerButton(): void;
  /** Waits so long for it to be off. */
  offWithin(ms: number): Promise<void>;
  /** Called when its system went off by itself. */
  onOff(listener: () => void): void;
  /** Whether its public address leads to it: what the firewall says. */
  reach(isReachable: boolean): Promise<void>;
  /** Pulls its network cable, or puts it back. */
  cut(isCut: boolean): Promise<void>;
  /** Pulls the plug; nothing of it is left. */
  destroy(): Promise<void>;
}

const SCRIPTS = import.meta.dirname;

const start = (vm: Vm, folder: string, namespace: string): ChildProcess => {
  const child = spawn(
    'nsenter',
    [
      ...[`--net=${namespace}`, 'unshare', '--mount', '--pid', '--uts', '--ipc', '--fork'],
      ...['--kill-child', '/bin/sh', join(SCRIPTS, 'boot.sh'), folder, SCRIPTS],
    ],
    {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', VM: vm.name },
    },
  );
  // A machine that is gone hears no button.
  child.stdin?.on('error', () => undefined);
  return child;
};

/** Makes the machine, which is off until `boot`. */
export const createHost = async (network: Network, vm: Vm): Promise<Host> => {
  const folder = mkdtempSync(join(tmpdir(), 'px-vm-'));
  const namespace = await createNamespace(network, vm);
  let child: ChildProcess | null = null;
  let ended: Promise<unknown> = Promise.resolve();
  let destroying: Promise<void> | null = null;
  const listeners: (() => void)[] = [];
  const destroy = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await ended;
    await namespace.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    network: namespace.path,
    boot: () => {
      if (destroying !== null) return;
      child = start(vm, folder, namespace.path);
      ended = once(child, 'exit').then(() => {
        if (destroying === null) for (const listener of listeners) listener();
      });
    },
    pressPowerButton: () => void child?.stdin?.write('press\n'),
    offWithin: async (ms) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([ended, late]);
      clearTimeout(timer);
    },
    onOff: (listener) => void listeners.push(listener),
    reach: namespace.reach,
    cut: namespace.cut,
    destroy: () => {
      destroying ??= destroy();
      return destroying;
    },
  };
};
