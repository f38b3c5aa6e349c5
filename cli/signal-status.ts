/** Exit status after a signal, as shells have it: 128 and the signal's number. */
export const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143 } as const;
