/** Commands of the contract that this version does not have yet, by their words. */
export const PLANNED: readonly string[] = [
  ...['schedule', 'cost', 'mount', 'dashboard', 'login', 'context', 'token'],
  ...[
    'cluster ssh',
    'cluster ssh-config',
    'cluster resize',
    'server deploy',
    'job why',
    'job repro',
  ],
];
