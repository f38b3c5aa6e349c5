import type { Cloud, Vm } from './cloud.ts';

/** 50 GB a month for the hour: 730 hours. */
const HOURS_PER_MONTH = 730;
const DISK_GB_MONTH_USD = 0.1;
const ADDRESS_HOUR_USD = 0.005;
const ADDRESS_SPOT_HOUR_USD = 0.0025;

const later = (vm: Vm, ms: number, work: () => Promise<void> | void): void => {
  const timer = setTimeout(() => {
    vm.timers.delete(timer);
    void work();
  }, ms);
  timer.unref();
  vm.timers.add(timer);
};

const priceOf = (cloud: Cloud, vm: Vm): number => {
  const type = cloud.types.get(vm.machineType);
  return (vm.spot ? type?.spotPrice : type?.price) ?? 0;
};

const startBilling = (cloud: Cloud, vm: Vm): void => {
  const from = cloud.now();
  const open = (what: 'machine' | 'disk' | 'address', usdPerHour: number): void =>
    cloud.books.open({ vm: vm.name, what, usdPerHour, from });
  open('machine', priceOf(cloud, vm));
  if (vm.natIp !== null) open('address', vm.spot ? ADDRESS_SPOT_HOUR_USD : ADDRESS_HOUR_USD);
};

const stopTimers = (vm: Vm): void => {
  for (const timer of vm.timers) clearTimeout(timer);
  vm.timers.clear();
};

/** Lists follow what happens after a while. */
const keepFor = ({ delays }: Cloud, set: Set<Vm>, vm: Vm): void => {
  if (delays.listMs === 0) return;
  set.add(vm);
  setTimeout(() => set.delete(vm), delays.listMs).unref();
};

/** Takes the machine out of the world; its name is free again. */
export const removeVm = async (cloud: Cloud, vm: Vm): Promise<void> => {
  vm.status = 'STOPPING';
  stopTimers(vm);
  await vm.host?.destroy();
  cloud.books.close(vm.name, cloud.now());
  cloud.vms.delete(`${vm.zone}/${vm.name}`);
  keepFor(cloud, cloud.lingering, vm);
};

/**
 * The machine is off, and there still: its disk goes on costing, its ephemeral address is given back,
 * and the deadline of maxRunDuration is cleared.
 */
const stopVm = async (cloud: Cloud, vm: Vm): Promise<void> => {
  if (vm.status === 'TERMINATED') return;
  vm.status = 'STOPPING';
  stopTimers(vm);
  await vm.host?.destroy();
  vm.host = null;
  vm.natIp = null;
  cloud.books.close(vm.name, cloud.now(), ['machine', 'address']);
  vm.status = 'TERMINATED';
};

const endAsAsked = (cloud: Cloud, vm: Vm): Promise<void> =>
  vm.scheduling.instanceTerminationAction === 'DELETE' ? removeVm(cloud, vm) : stopVm(cloud, vm);

const secondsOf = (vm: Vm): number | null => {
  const duration = vm.scheduling.maxRunDuration;
  if (typeof duration !== 'object' || duration === null || !('seconds' in duration)) return null;
  return Number(duration.seconds);
};

const run = async (cloud: Cloud, vm: Vm): Promise<void> => {
  vm.status = 'RUNNING';
  vm.startedAt = cloud.now();
  startBilling(cloud, vm);
  const seconds = secondsOf(vm);
  if (seconds !== null) later(vm, seconds * 1000, () => endAsAsked(cloud, vm));
  if (cloud.makeHost === null) return;
  const host = await cloud.makeHost(vm);
  // It may have been deleted meanwhile.
  if (cloud.vms.get(`${vm.zone}/${vm.name}`) !== vm) return host.destroy();
  vm.host = host;
  host.onOff(() => {
    if (vm.status === 'RUNNING' && vm.host === host) void stopVm(cloud, vm);
  });
  later(vm, cloud.delays.bootMs, () => host.boot());
};

/** Sets a machine going: PROVISIONING, STAGING, RUNNING, and then its system boots. */
export const startVm = (cloud: Cloud, vm: Vm): void => {
  cloud.vms.set(`${vm.zone}/${vm.name}`, vm);
  keepFor(cloud, cloud.unlisted, vm);
  cloud.books.open({
    vm: vm.name,
    what: 'disk',
    usdPerHour: (DISK_GB_MONTH_USD * vm.diskGb) / HOURS_PER_MONTH,
    from: cloud.now(),
  });
  later(vm, cloud.delays.provisionMs / 2, () => {
    vm.status = 'STAGING';
    later(vm, cloud.delays.provisionMs / 2, () => run(cloud, vm));
  });
};

/** The cloud wants the machine back: the metadata say so, its power button is pressed, and 30 s later it ends. */
export const preempt = async (cloud: Cloud, vm: Vm): Promise<void> => {
  vm.preempted = true;
  await new Promise((resolve) => setTimeout(resolve, cloud.delays.noticeMs));
  vm.status = 'STOPPING';
  const { host } = vm;
  if (host !== null) {
    host.pressPowerButton();
    await host.offWithin(cloud.delays.preemptionMs);
  }
  await endAsAsked(cloud, vm);
};
