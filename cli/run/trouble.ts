import { PxError } from '../../protocol/errors.ts';
import type { Output } from '../output/output.ts';

/** What a failed fetch or a torn body stands for: nobody said a word. */
const SILENT = 'The control plane does not answer.';

/**
 * Tells people why px tries again, for `onTrouble`: in the words of the control plane and with its
 * hint where it gave them, since "it does not answer" hides a full disk.
 */
export const tellTrouble =
  (output: Output): ((error: unknown) => void) =>
  (error) => {
    const spoken = error instanceof PxError;
    const message = spoken ? error.message : SILENT;
    output.warn(`${message.replace(/\.$/, '')}; trying again.`);
    if (spoken && error.hint !== null) output.warn(error.hint);
  };
