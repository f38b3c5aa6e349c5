import { ApiError, type Cloud } from './cloud.ts';
import { disabledWords } from './errors.ts';

type Answer = Record<string, unknown>;

interface AccountRoute {
  verb: 'GET' | 'POST';
  path: RegExp;
  /** The service that must be on. */
  service: string;
  answer(cloud: Cloud, match: RegExpExecArray, body: Answer): Answer;
}

/** The small APIs around Compute, as their reference pages show them. */
const ROUTES: readonly AccountRoute[] = [
  {
    // cloud.google.com/billing/docs/reference/rest/v1/projects/getBillingInfo
    ...{ verb: 'GET', path: /^\/v1\/projects\/([^/]+)\/billingInfo$/ },
    service: 'cloudbilling.googleapis.com',
    answer: ({ project, account }) => ({
      name: `projects/${project}/billingInfo`,
      projectId: project,
      billingAccountName: account.billingEnabled ? 'billingAccounts/012345-567890-ABCDEF' : '',
      billingEnabled: account.billingEnabled,
    }),
  },
  {
    // cloud.google.com/service-usage/docs/reference/rest/v1/services/get
    ...{ verb: 'GET', path: /^\/v1\/projects\/([^/]+)\/services\/([^/]+)$/ },
    service: 'serviceusage.googleapis.com',
    answer: ({ projectNumber, account }, [, , name = '']) => ({
      name: `projects/${projectNumber}/services/${name}`,
      state: account.disabledServices.has(name) ? 'DISABLED' : 'ENABLED',
    }),
  },
  {
    // cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions
    ...{ verb: 'POST', path: /^\/v3\/projects\/([^/]+):testIamPermissions$/ },
    service: 'cloudresourcemanager.googleapis.com',
    answer: ({ account }, _, { permissions }) => ({
      permissions: (permissions as string[]).filter((one) => !account.missingPermissions.has(one)),
    }),
  },
  {
    // cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies/getEffectivePolicy
    ...{ verb: 'GET', path: /^\/v2\/projects\/([^/]+)\/policies\/([^/]+):getEffectivePolicy$/ },
    service: 'orgpolicy.googleapis.com',
    answer: ({ projectNumber, account }, [, , constraint = '']) => ({
      name: `projects/${projectNumber}/policies/${constraint}`,
      spec: { rules: account.policies.has(constraint) ? [{ enforce: true }] : [] },
    }),
  },
];

/** Answers a call to one of the small APIs; undefined for another path. */
export const answerAccount = (
  cloud: Cloud,
  { verb, path }: { verb: string; path: string },
  body: Answer,
): Answer | undefined => {
  for (const route of ROUTES) {
    const match = route.verb === verb ? route.path.exec(path) : null;
    if (match === null) continue;
    if (cloud.account.disabledServices.has(route.service)) {
      throw new ApiError(
        403,
        disabledWords(cloud, route.service, route.service),
        'SERVICE_DISABLED',
      );
    }
    if (match[1] !== cloud.project) {
      throw new ApiError(403, 'The caller does not have permission', 'forbidden');
    }
    return route.answer(cloud, match, body);
  }
  return undefined;
};
