import { got, PxError } from '../../../protocol/errors.ts';
import { findGoogle, type Google, isOnGoogle } from '../../accounts/find-google.ts';
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

/** Sessions by what the callers said of their accounts; a token is asked for once for all of them. */
export const createSessions = (options: SessionOptions) => {
  const sessions = new Map<string, Promise<Session>>();
  const open = async (env: AccountEnv, asked: string | undefined): Promise<Session> => {
    const account = await findAccount({ ...options.env, ...env }, options.fetch);
    const { GoogleAuth } = await import('google-auth-library');
    const auth = new GoogleAuth({ authClient: account.client });
    return {
      account,
      project: chooseProject(asked, account),
      compute: createCompute({ ...options, auth }),
      rest: createRest({ ...options, auth }),
    };
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
    get: (env: AccountEnv, project: string | undefined): Promise<Session> => {
      const key = JSON.stringify([Object.entries(env).sort(), project]);
      const known = sessions.get(key);
      if (known !== undefined) return known;
      const opened = open(env, project);
      sessions.set(key, opened);
      opened.catch(() => sessions.delete(key));
      return opened;
    },
  };
};
