import type { GoogleAuth } from 'google-auth-library';
import * as z from 'zod';
import type { Clock } from '../../clock.ts';
import { wordsOf } from '../../pricing/sources/failure.ts';
import { asRefusal, Refusal } from './refusal.ts';

/** The small APIs around Compute, without a client library of their own. */
export interface Rest {
  /** Null where the API is off or may not be asked: then nobody knows. */
  billingEnabled(project: string): Promise<boolean | null>;
  /** Those of the permissions that the caller lacks. */
  missingPermissions(project: string, permissions: readonly string[]): Promise<string[] | null>;
  /** Whether an organisation policy forbids this to all. */
  isEnforced(project: string, constraint: string): Promise<boolean | null>;
  /** The address under which the internet sees this machine. */
  callerAddress(): Promise<string>;
}

const HOSTS = {
  billing: 'https://cloudbilling.googleapis.com',
  resources: 'https://cloudresourcemanager.googleapis.com',
  policies: 'https://orgpolicy.googleapis.com',
} as const;

/** Answers with the caller's address over IPv4 as plain text; Google has no such service. */
const CHECK_IP = 'https://checkip.amazonaws.com/';
const CALL_MS = 15_000;

const Billing = z.object({ billingEnabled: z.boolean().default(false) });
const Permissions = z.object({ permissions: z.array(z.string()).default([]) });
const Policy = z.object({
  spec: z
    .object({
      rules: z
        .array(z.object({ enforce: z.boolean().optional(), denyAll: z.boolean().optional() }))
        .default([]),
    })
    .optional(),
});

/** An API that is off or closed to the caller cannot say; any other refusal is the caller's affair. */
const orUnknown = (error: unknown): null => {
  const refusal = asRefusal(error);
  if (refusal.status === 403 || refusal.status === 404) return null;
  throw refusal;
};

interface RestOptions {
  auth: GoogleAuth;
  /** Where all of them are instead. */
  url: string | undefined;
  fetch: typeof fetch;
  clock: Clock;
}

export const createRest = ({ auth, url, fetch, clock }: RestOptions): Rest => {
  const ask = async <T extends z.ZodType>(
    schema: T,
    host: keyof typeof HOSTS,
    path: string,
    body?: unknown,
  ): Promise<z.infer<T> | null> => {
    try {
      const { data } = await auth.request({
        url: `${url ?? HOSTS[host]}${path}`,
        timeout: CALL_MS,
        ...(body === undefined ? {} : { method: 'POST', data: body }),
      });
      return schema.parse(data);
    } catch (error) {
      return orUnknown(error);
    }
  };
  const askAddress = async (place: string) => {
    const late = new AbortController();
    const done = new AbortController();
    const over = clock.sleep(CALL_MS, done.signal).then(() => {
      if (!done.signal.aborted) late.abort(new Error(`nothing came within ${CALL_MS / 1000} s`));
    });
    try {
      const answer = await fetch(place, { signal: late.signal });
      return { answer, text: (await answer.text()).trim() };
    } catch (cause) {
      const words = `The network gives no answer of ${place}, which tells this machine's address`;
      throw new Refusal(`${words}: ${wordsOf(cause)}`, { status: null, cause });
    } finally {
      done.abort();
      await over;
    }
  };
  return {
    billingEnabled: async (project) =>
      (await ask(Billing, 'billing', `/v1/projects/${project}/billingInfo`))?.billingEnabled ??
      null,
    missingPermissions: async (project, permissions) => {
      const path = `/v3/projects/${project}:testIamPermissions`;
      const granted = await ask(Permissions, 'resources', path, { permissions });
      if (granted === null) return null;
      return permissions.filter((one) => !granted.permissions.includes(one));
    },
    isEnforced: async (project, constraint) => {
      const path = `/v2/projects/${project}/policies/${constraint}:getEffectivePolicy`;
      const policy = await ask(Policy, 'policies', path);
      if (policy === null) return null;
      return policy.spec?.rules.some(({ enforce, denyAll }) => enforce || denyAll) ?? false;
    },
    callerAddress: async () => {
      const { answer, text } = await askAddress(url === undefined ? CHECK_IP : `${url}/checkip`);
      if (answer.ok && /^\d+\.\d+\.\d+\.\d+$/.test(text)) return text;
      throw new Refusal(`Expected this machine's address, got \`${text.slice(0, 100)}\`.`, {
        status: answer.status,
      });
    },
  };
};
