import { got, PxError } from '../../../protocol/errors.ts';
import { findGoogle, type Google, isOnGoogle } from '../../accounts/find-google.ts';
import { stampOf } from '../../accounts/gcp-files.ts';
import { runTool } from '../../accounts/run-tool.ts';
import type { Clock } from '../../clock.ts';
import { type Compute, createCompute } from './compute.ts';
import { createRest, type Rest } from './rest.ts';

/** Paths and names of the submitter's environment; never key material. */
type AccountEnv = Readonly<Record<string, string | undefined>>;

/** One account and what is asked with it. */
export interface Session {
  account: Google;
  project: string;
  compute: Compute;
  rest: Rest;
}

export interface SessionOptions {
  clock: Clock;
  random: (count: number) => Uint8Array;
  /** The id of this control plane: what it labels its machines with. */
  controlPlane: () => string;
  fetch: typeof fetch;
  /** Where all of Google's APIs are instead. */
  url: string | undefined;
  /** PATH of the control plane, for gcloud. */
  env: AccountEnv;
}

/** Ids, numbers, and `example.com:id`: what stands in addresses and commands as it is. */
const PROJECT = /^[\w.:-]+$/;

/** The project that is asked for, else the account's own. Throws `bad_config` where nobody names one. */
const chooseProject = (asked: string | undefined, { project }: Google): string => {
  const chosen = asked ?? project;
  if (chosen !== null && !PROJECT.test(chosen)) {
    throw new PxError(
      'bad_config',
      `Expected the id of a Google Cloud project, got ${got(chosen)}.`,
      {
        hint: 'See yours: gcloud projects list',
      },
    );
  }
  if (chosen !== null) return chosen;
  throw new PxError('bad_config', 'Expected a Google Cloud project, found none.', {
    hint: 'px cluster up --project NAME, cluster.project in px.yaml, or: export GOOGLE_CLOUD_PROJECT=NAME',
  });
};

/** The submitter's account. Throws `credentials_missing`. */
const findAccount = async (env: AccountEnv, ask: typeof fetch): Promise<Google> => {
  const own = { ownIdentity: isOnGoogle(), asksGcloud: true };
  const found = await findGoogle({ env, fetch: ask, run: runTool, ...own });
  if (found !== null) return found;
  throw new Error('gcloud was asked, and neither answered nor refused.');
};

/** Variables that make another account; sockets and proxies of a login do not. */
const ACCOUNT = /^(HOME$|GOOGLE_|CLOUDSDK_)/;

type Opened = Omit<Session, 'project'>;

/**
 * Sessions by what the callers said of their accounts; a token is asked for once for all of them. Who
 * has logged in again since has a new one.
 */
export const createSessions = (options: SessionOptions) => {
  const known = new Map<string, { stamp: string; opened: Promise<Opened> }>();
  const open = async (env: AccountEnv): Promise<Opened> => {
    const account = await findAccount(env, options.fetch);
    const { GoogleAuth } = await import('google-auth-library');
    const auth = new GoogleAuth({ authClient: account.client });
    return {
      account,
      compute: createCompute({ ...options, auth }),
      rest: createRest({ ...options, auth }),
    };
  };
  const openOnce = async (own: AccountEnv): Promise<Opened> => {
    const env = { ...options.env, ...own };
    const named = Object.entries(env).filter(([name]) => ACCOUNT.test(name));
    const key = JSON.stringify(named.sort());
    const stamp = await stampOf(env);
    const before = known.get(key);
    if (before?.stamp === stamp) return before.opened;
    // Files that are gone or damaged by now leave an account that may still be good.
    const opened = open(env).catch((cause: unknown) => {
      if (before === undefined || !(cause instanceof PxError)) throw cause;
      return before.opened;
    });
    known.set(key, { stamp, opened });
    opened.catch(() => {
      if (known.get(key)?.opened === opened) known.delete(key);
    });
    return opened;
  };
  return {
    /** Whether there are credentials; nobody knows yet what they may do. */
    isConnected: async (env: AccountEnv): Promise<boolean> => {
      try {
        await findAccount({ ...options.env, ...env }, options.fetch);
        return true;
      } catch (cause) {
        if (cause instanceof PxError) return false;
        throw cause;
      }
    },
    /** Throws `credentials_missing`, and `bad_config` where nobody names a project. */
    get: async (env: AccountEnv, project: string | undefined): Promise<Session> => {
      const opened = await openOnce(env);
      return { ...opened, project: chooseProject(project, opened.account) };
    },
  };
};
