import { type Cloud, link, notFound, type Operation } from './cloud.ts';

interface Start {
  type: string;
  scope: string;
  target: string;
  targetId: string;
  requestId: string | undefined;
}

/** Writes a new operation down; the same requestId finds it again. */
export const startOperation = (cloud: Cloud, start: Start): Operation => {
  const id = cloud.nextId();
  const operation: Operation = {
    id,
    name: `operation-${cloud.now()}-${id}`,
    type: start.type,
    scope: start.scope,
    status: 'RUNNING',
    target: { link: link(cloud, start.target), id: start.targetId },
    error: null,
    insertedAt: cloud.now(),
    endedAt: null,
    requestId: start.requestId ?? null,
  };
  cloud.operations.set(operation.name, operation);
  if (start.requestId) cloud.replays.set(start.requestId, operation.name);
  return operation;
};

/** The operation that this requestId has started already. */
export const replayed = (cloud: Cloud, requestId: string | undefined): Operation | undefined =>
  requestId ? cloud.operations.get(cloud.replays.get(requestId) ?? '') : undefined;

const scopeFields = (cloud: Cloud, scope: string): Record<string, string> => {
  if (scope.startsWith('zones/')) return { zone: link(cloud, scope) };
  return scope.startsWith('regions/') ? { region: link(cloud, scope) } : {};
};

/** An operation as the API shows it. */
export const viewOperation = (cloud: Cloud, operation: Operation): Record<string, unknown> => ({
  kind: 'compute#operation',
  id: operation.id,
  name: operation.name,
  operationType: operation.type,
  ...(operation.requestId === null ? {} : { clientOperationId: operation.requestId }),
  status: operation.status,
  progress: operation.status === 'DONE' ? 100 : 0,
  insertTime: new Date(operation.insertedAt).toISOString(),
  startTime: new Date(operation.insertedAt).toISOString(),
  ...(operation.endedAt === null ? {} : { endTime: new Date(operation.endedAt).toISOString() }),
  targetLink: operation.target.link,
  targetId: operation.target.id,
  user: 'someone@example.com',
  selfLink: link(cloud, `${operation.scope}/operations/${operation.name}`),
  ...scopeFields(cloud, operation.scope),
  ...(operation.error === null
    ? {}
    : {
        httpErrorStatusCode: operation.error.status,
        httpErrorMessage: operation.error.message,
        error: { errors: [{ code: operation.error.code, message: operation.error.message }] },
      }),
});

/** The operation with this name in this scope; 404 elsewhere. */
export const showOperation = (cloud: Cloud, scope: string, name: string) => {
  const operation = cloud.operations.get(name);
  if (operation === undefined || operation.scope !== scope) {
    throw notFound(cloud, `${scope}/operations/${name}`);
  }
  return viewOperation(cloud, operation);
};

/** Operations by their places; the one form of filter that px uses. */
export const listOperations = (cloud: Cloud, { filter }: Record<string, unknown>) => {
  const isOpenOnly = filter === 'status != DONE';
  const found = [...cloud.operations.values()].filter(
    ({ status }) => !isOpenOnly || status !== 'DONE',
  );
  const scopes = [...new Set(found.map(({ scope }) => scope))];
  const items = scopes.map((scope) => [
    scope,
    {
      operations: found
        .filter((one) => one.scope === scope)
        .map((one) => viewOperation(cloud, one)),
    },
  ]);
  return {
    kind: 'compute#operationAggregatedList',
    id: `projects/${cloud.project}/aggregated/operations`,
    items: Object.fromEntries(items),
  };
};

/** Ends it after the cloud's own time; `work` may throw what becomes its error. */
export const finishLater = (
  cloud: Cloud,
  operation: Operation,
  work: () => Promise<void> | void,
): void => {
  const trouble = cloud.troubles.find(
    ({ kind, times, method }) =>
      (kind === 'hang' || kind === 'fail') && times > 0 && method.test(operation.type),
  );
  if (trouble !== undefined) trouble.times--;
  const end = async (): Promise<void> => {
    if (trouble?.kind === 'fail') {
      operation.error = {
        code: trouble.reason ?? 'INTERNAL_ERROR',
        message: trouble.message ?? 'Internal error. Please try again or contact support.',
        status: trouble.status ?? 500,
      };
    } else {
      await work();
    }
    if (trouble?.kind === 'hang') return;
    operation.status = 'DONE';
    operation.endedAt = cloud.now();
  };
  setTimeout(() => void end(), cloud.delays.operationMs).unref();
};
