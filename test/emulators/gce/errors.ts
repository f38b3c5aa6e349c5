import type { ApiError, Cloud } from './cloud.ts';

const STATUS_WORDS: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  412: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

/** The JSON in which every Google API refuses. */
export const errorBody = ({ status, message, reason }: ApiError): Record<string, unknown> => ({
  error: {
    code: status,
    message,
    status: STATUS_WORDS[status] ?? 'UNKNOWN',
    errors: [{ message, domain: 'global', reason }],
  },
});

/** The words with which a service that is off refuses. */
export const disabledWords = ({ projectNumber }: Cloud, title: string, service: string): string =>
  `${title} has not been used in project ${projectNumber} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/${service}/overview?project=${projectNumber} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`;
