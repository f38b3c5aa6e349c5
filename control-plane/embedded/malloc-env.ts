/**
 * How glibc's malloc treats a process of px: one arena for all threads, and free memory at its end goes
 * back to the system (https://man7.org/linux/man-pages/man3/mallopt.3.html). Left alone, buffers that
 * many threads took and gave back kept 40 MB of a worker and 50 MB of the server after a million lines.
 */
export const MALLOC_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' } as const;
