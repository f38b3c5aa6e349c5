import * as z from 'zod';

/**
 * Every code that a user can meet, with the HTTP status that carries it. Codes are stable: scripts
 * match on them. The CLI exits with 125 on each.
 */
export const ERROR_STATUS = {
  bad_request: 400,
  bad_config: 400,
  bad_input: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  cluster_not_found: 404,
  cluster_not_up: 409,
  cluster_busy: 409,
  cluster_spec_differs: 409,
  job_not_found: 404,
  job_running: 409,
  job_not_retryable: 409,
  node_lost: 409,
  blob_missing: 409,
  hash_mismatch: 422,
  offset_mismatch: 409,
  input_sealed: 409,
  input_incomplete: 409,
  input_damaged: 500,
  stale_lease: 409,
  too_large: 413,
  args_too_long: 422,
  upgrade_required: 426,
  provider_unsupported: 400,
  provider_refused: 502,
  credentials_missing: 401,
  account_not_ready: 409,
  needs_agreement: 409,
  host_key_unknown: 409,
  host_key_changed: 409,
  setup_failed: 422,
  collect_failed: 422,
  output_damaged: 500,
  output_unwritable: 500,
  shutting_down: 503,
  unavailable: 503,
  disk_full: 507,
  server_failed: 503,
  home_copied: 409,
  newer_database: 503,
  database_damaged: 503,
  bundle_refused: 400,
  bundle_too_large: 413,
  file_not_found: 404,
  no_offer: 404,
  catalog_empty: 503,
  price_source_failed: 502,
  unsupported: 501,
  node_version: 500,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** The JSON body of every error answer: `{error: {code, message, hint}}`. */
export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
    details: z.unknown().optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

interface PxErrorOptions {
  /** The next command to type, or what to change. */
  hint?: string;
  cause?: unknown;
  /** Machine-readable extras (differences of a spec, the sequence number that was expected …). */
  details?: unknown;
}

/** An expected failure: it says what happened, why, and what to type next. A bare Error is a bug. */
export class PxError extends Error {
  override readonly name = 'PxError';
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: PxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? null;
    this.details = options.details;
  }

  /** The HTTP status that carries this error. */
  get status(): (typeof ERROR_STATUS)[ErrorCode] {
    return ERROR_STATUS[this.code];
  }

  toBody(): ErrorBody {
    const { code, message, hint, details } = this;
    return { error: { code, message, hint, ...(details === undefined ? {} : { details }) } };
  }
}

/** Whether this px knows the code. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_STATUS, code);

/** Rebuilds the error that a control plane answered with; codes of a newer one become `internal`. */
export const errorFromBody = (body: ErrorBody): PxError => {
  const { code, message, hint, details } = body.error;
  return new PxError(isErrorCode(code) ? code : 'internal', message, {
    ...(hint === null ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
};

/** `got` of "Expected X, got `value` (type)". */
export const got = (value: unknown): string => {
  const type = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return `\`${shown ?? String(value)}\` (${type})`;
};
