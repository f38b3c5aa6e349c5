import { fromBase64, show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { BundleEntry } from '../../protocol/messages/bundles.ts';
import { treeProblem } from '../../protocol/tree-paths.ts';

/** Throws `bundle_refused` unless every entry stays below the root. */
export const checkEntries = (entries: readonly BundleEntry[]): void => {
  const problem = treeProblem(
    entries.map((entry) => ({
      path: atob(entry.path),
      target: entry.kind === 'link' ? atob(entry.target) : null,
    })),
  );
  if (problem === null) return;
  const name = show(fromBase64(btoa(problem.path)));
  throw new PxError('bundle_refused', `The bundle holds \`${name}\`: ${problem.why}.`, {
    hint: 'Leave it out with `exclude` in px.yaml or a line in .pxignore.',
  });
};
