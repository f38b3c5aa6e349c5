/** Milliseconds for timing. */
export const now = (): number => performance.now();
