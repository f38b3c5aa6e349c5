import type { Compute } from './compute.ts';
import { isMissing, Refusal } from './refusal.ts';

/** Where an operation can be asked for. The library's own poller looks at another name than the API's. */
export interface OperationRef {
  project: string;
  /** `zones/Z`, `regions/R` or `global`. */
  scope: string;
  name: string;
}

/** An operation of a few seconds is looked at four times a second: a machine boots in twenty. */
const LOOK_EVERY_MS = 250;
/** Ten minutes: then px looks at the machines themselves instead. */
export const OPERATION_MS = 600_000;

const read = (compute: Compute, { project, scope, name: operation }: OperationRef) =>
  compute.call(async (clients, options) => {
    const [kind, place = ''] = scope.split('/');
    if (kind === 'zones') {
      return (await clients.zoneOperations().get({ project, zone: place, operation }, options))[0];
    }
    if (kind === 'regions') {
      return (
        await clients.regionOperations().get({ project, region: place, operation }, options)
      )[0];
    }
    return (await clients.globalOperations().get({ project, operation }, options))[0];
  });

type Operation = Awaited<ReturnType<typeof read>>;

/** What an operation that is done refuses, with every word that the cloud gave. */
const refusalOf = ({ error, httpErrorStatusCode, httpErrorMessage }: Operation): Refusal | null => {
  const errors = error?.errors ?? [];
  if (errors.length === 0) return null;
  const words = [...new Set(errors.map(({ message }) => message).filter(Boolean))].join('; ');
  const code = errors.map((one) => one.code).find(Boolean) ?? '';
  return new Refusal(words || httpErrorMessage || code, {
    ...{ status: httpErrorStatusCode ?? null, code },
  });
};

interface Wait {
  /** Ends the wait, not the operation. */
  signal?: AbortSignal;
  /** Told before that is thrown which the operation itself ended with: nothing more comes of it. */
  onRefused?: () => void;
}

/**
 * Waits until the operation is done, and answers when that was. Throws its `Refusal`; `timedOut` where it did not end in time,
 * which says nothing of what it has done.
 */
export const awaitOperation = async (
  compute: Compute,
  ref: OperationRef,
  { signal, onRefused }: Wait = {},
): Promise<number | null> => {
  const { clock } = compute;
  const until = clock.monotonic() + OPERATION_MS;
  for (;;) {
    const operation = await read(compute, ref).catch((error: unknown) => {
      // The API forgets operations after a while: then it has ended long ago.
      if (isMissing(error)) return null;
      throw error;
    });
    if (operation === null) return null;
    if (operation.status === 'DONE') {
      const refusal = refusalOf(operation);
      if (refusal !== null) {
        onRefused?.();
        throw refusal;
      }
      return Date.parse(operation.endTime ?? '') || null;
    }
    if (signal?.aborted || clock.monotonic() >= until) {
      const words = `The operation ${ref.name} did not end within ${OPERATION_MS / 1000} s.`;
      throw new Refusal(words, { status: null, code: 'timedOut' });
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
};

/** The operation's real name: the library's wrapper gives another one under `name`. */
export const nameOf = ({ latestResponse }: { latestResponse: unknown }): string => {
  const name =
    typeof latestResponse === 'object' && latestResponse !== null
      ? Reflect.get(latestResponse, 'name')
      : undefined;
  if (typeof name === 'string') return name;
  throw new Error('Expected an operation with a name.');
};
