import type { Deps } from '../deps.ts';
import { failJob } from '../execution/cancel.ts';
import { listOpenInputs } from '../store/inputs.ts';

/**
 * Fails the jobs whose unsealed input has been silent for too long: started partitions still end.
 * For a loop; the names of a glob come from a node, whose lease watches over it.
 */
export const failSilentInputs = (deps: Deps): void => {
  deps.inputs.tend();
  const { inputSilenceMs } = deps.settings;
  for (const job of listOpenInputs(deps.db)) {
    if (job.sealedLength !== null || job.spec.input.kind === 'files') continue;
    if (deps.inputs.silentMs(job.id) < inputSilenceMs) continue;
    const seconds = Math.round(inputSilenceMs / 1000);
    failJob(deps, job.id, {
      code: 'input_incomplete',
      message: `The input ended without its end mark: nothing came for ${seconds} s after byte ${job.inputLength}.`,
    });
  }
};
