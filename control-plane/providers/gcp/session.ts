import type { Clock } from '../../clock.ts';
import { type Account, type AccountEnv, chooseProject, findAccount } from './account.ts';
import { type Compute, createCompute } from './compute.ts';
import { createRest, type Rest } from './rest.ts';

/** One account and what is asked with it. */
export interface Session {
  account: Account;
  project: string;
  compute: Compute;
  rest: Rest;
}

export interface SessionOptions {
  clock: Clock;
  random: (count: number) => Uint8Array;
  fetch: typeof fetch;
  /** Where all of Google's APIs are instead. */
  url: string | undefined;
  /** PATH of the control plane, for gcloud. */
  env: AccountEnv;
}

/** Sessions by what the callers said of their accounts; a token is asked for once for all of them. */
export const createSessions = (options: SessionOptions) => {
  const sessions = new Map<string, Promise<Session>>();
  const open = async (env: AccountEnv, asked: string | undefined): Promise<Session> => {
    const account = await findAccount({ ...options.env, ...env });
    const { auth } = account;
    return {
      account,
      project: chooseProject(asked, account),
      compute: createCompute({ ...options, auth }),
      rest: createRest({ ...options, auth }),
    };
  };
  return {
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
