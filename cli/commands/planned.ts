/** Commands of the contract that this version does not have yet, by their words. */
export const PLANNED: readonly string[] = [
  ...['schedule', 'mount', 'dashboard', 'login', 'context', 'token'],
  ...['server deploy', 'job why', 'job repro'],
];
