import { PxError } from '../../../protocol/errors.ts';

/** What the cloud said instead of doing it, in its own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
  /** The cloud's own code (`QUOTA_EXCEEDED`, `accessNotConfigured`), empty where it gave none. */
  readonly code: string;

  constructor(message: string, options: { status: number | null; code?: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.code = options.code ?? '';
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** Google's JSON; the Compute library leaves it as text in the message of its error's cause. */
const bodyOf = (cause: unknown): unknown => {
  const data = field(field(cause, 'response'), 'data');
  const words = field(field(cause, 'cause'), 'message');
  if (data !== undefined || typeof words !== 'string' || !words.startsWith('{')) return data;
  try {
    return JSON.parse(words);
  } catch {
    return undefined;
  }
};

/** The first `errors[].reason` of Google's JSON, which says more than the status. */
const reasonOf = (cause: unknown): string => {
  const reason = field(cause, 'reason');
  if (typeof reason === 'string') return reason;
  const errors = field(field(bodyOf(cause), 'error'), 'errors');
  const first = Array.isArray(errors) ? field(errors[0], 'reason') : undefined;
  return typeof first === 'string' ? first : '';
};

/** What fetch says of a call that took too long. */
const SILENT = /aborted due to timeout/;

/** Brings what the client libraries throw into one form. */
export const asRefusal = (cause: unknown): Refusal => {
  if (cause instanceof Refusal) return cause;
  // A network's failure has a cause; without one it is a bug here, and stays one.
  if (cause instanceof TypeError && cause.cause === undefined) throw cause;
  const said = field(field(field(field(cause, 'response'), 'data'), 'error'), 'message');
  const words = typeof said === 'string' ? said : field(cause, 'message');
  const status =
    numberOf(field(cause, 'httpStatusCode')) ??
    numberOf(field(field(cause, 'response'), 'status')) ??
    null;
  const options = { status, code: reasonOf(cause), cause };
  const text = typeof words === 'string' ? words : String(cause);
  return new Refusal(SILENT.test(text) ? `Google Cloud does not answer: ${text}` : text, options);
};

export const isMissing = (error: unknown): boolean =>
  error instanceof Refusal && error.status === 404;

const NO_PROJECT = /resource 'projects\/[^/']+' was not found/;

/** The project is not there, and so nothing in it is. */
export const isNoProject = (error: unknown): boolean =>
  isMissing(error) && error instanceof Refusal && NO_PROJECT.test(error.message);

const isRateWord = (code: string): boolean => /^rate_?Limit_?Exceeded$/i.test(code);

/** The calls of a minute are used up (cloud.google.com/compute/docs/api-rate-limits): the next minute has more. */
export const isRateLimit = ({ status, code }: Refusal): boolean =>
  status === 429 || (status === 403 && isRateWord(code));

/** The account lacks the permission. */
export const isDenied = (error: unknown): boolean =>
  error instanceof Refusal && error.status === 403 && !isRateLimit(error);

/** Too many requests, a fault of the cloud's own, or no answer at all: the same again may go through. */
export const isPassing = (refusal: Refusal): boolean => {
  const { status } = refusal;
  return status === null || status === 408 || status >= 500 || isRateLimit(refusal);
};

/** Enough places are sold out or over quota elsewhere, so that the next offer may do. */
export const isAboutPlace = ({ code, status, message }: Refusal): boolean =>
  /STOCKOUT|RESOURCE_POOL_EXHAUSTED|QUOTA|MIN_COUNT|RESOURCE_AVAILABILITY/i.test(code) ||
  (status === 400 && /machine type|features are not compatible/i.test(message)) ||
  /^Quota '|does not have enough resources/.test(message);

const HINTS: readonly [RegExp, (project: string) => string][] = [
  [
    NO_PROJECT,
    () =>
      'See yours: gcloud projects list. Name it: --project, cluster.project, or GOOGLE_CLOUD_PROJECT.',
  ],
  [/does not answer/, () => 'px doctor; is it down? https://status.cloud.google.com'],
  [
    /the cloud does not reach it now/,
    () => 'The same again in a while, or another --region: https://status.cloud.google.com',
  ],
  [
    /has not been used in project|accessNotConfigured|SERVICE_DISABLED/,
    (project) => `gcloud services enable compute.googleapis.com --project ${project}`,
  ],
  [
    /Quota '|QUOTA/,
    (project) =>
      `Ask for more at https://console.cloud.google.com/iam-admin/quotas?project=${project}, or take another region: px cluster up --region.`,
  ],
  [/enough resources|EXHAUSTED/, () => 'Take more places: --region us, or --region any.'],
  [
    /authentication credentials|invalid_grant|authError/,
    () => 'gcloud auth application-default login',
  ],
  [
    /compute\.(firewalls|networks)\./,
    (project) =>
      `gcloud projects add-iam-policy-binding ${project} --member=user:YOU --role=roles/compute.securityAdmin (on a shared network: in the project that it stands in)`,
  ],
  [
    /[Pp]ermission|forbidden/,
    (project) =>
      `gcloud projects add-iam-policy-binding ${project} --member=user:YOU --role=roles/compute.instanceAdmin.v1`,
  ],
  [/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|network/i, () => 'px doctor'],
];

/** What to do about the cloud's words. */
export const hintFor = ({ code, message }: Refusal, project: string): string => {
  const found = HINTS.find(([pattern]) => pattern.test(message) || pattern.test(code));
  return (
    found?.[1](project) ?? `https://console.cloud.google.com/compute/instances?project=${project}`
  );
};

/** The refusal as px shows it: the cloud's words, and what to type next. */
export const refused = (error: unknown, project: string, what: string): PxError => {
  if (error instanceof PxError) return error;
  const refusal = asRefusal(error);
  return new PxError('provider_refused', `${what}: ${refusal.message}`, {
    hint: hintFor(refusal, project),
    cause: error,
  });
};
