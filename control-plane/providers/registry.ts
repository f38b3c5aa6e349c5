import { PxError } from '../../protocol/errors.ts';
import type { ProviderName } from '../../protocol/px-yaml.ts';
import type { Provider } from './provider.ts';

/** The providers that this control plane has. */
export interface Providers {
  /** Throws `provider_unsupported`, naming those that are here. */
  get(name: ProviderName): Provider;
  readonly all: readonly Provider[];
  /** Undefined where it is not here: a cluster of another px. */
  find(name: ProviderName): Provider | undefined;
}

/** One row each. */
export const createProviders = (rows: readonly Provider[]): Providers => {
  const byName = new Map(rows.map((provider) => [provider.name, provider]));
  return {
    all: rows,
    find: (name) => byName.get(name),
    get: (name) => {
      const provider = byName.get(name);
      if (provider !== undefined) return provider;
      const here = [...byName.keys()].join(', ');
      throw new PxError(
        'provider_unsupported',
        `Expected a provider that is built (${here}), got \`${name}\`.`,
        {
          hint: `px cluster up NAME --provider ${[...byName.keys()][0] ?? 'local'}`,
        },
      );
    },
  };
};
