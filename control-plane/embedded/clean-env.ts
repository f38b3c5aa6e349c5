/**
 * What the embedded server and its workers keep of the shell that happened to start them: enough to
 * find programs, folders, proxies and certificates. Environments of jobs come with the jobs.
 */
const KEPT =
  /^(PATH|HOME|LANG|TZ|TMPDIR|PX_\w+|(HTTP|HTTPS|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i;

/** Variables of an attempt: no business of a server or worker. */
const DROPPED = /^PX_(JOB|NODE|SLOT|PARTITION|PARTITIONS|ATTEMPT|CPUS|LEASE)$/;

type Env = Readonly<Record<string, string | undefined>>;

/** The environment of a process that outlives its starter. */
export const cleanEnv = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && KEPT.test(name) && !DROPPED.test(name) ? [[name, value]] : [],
    ),
  );
