import type { PxError } from '../../protocol/errors.ts';
import type { Context } from '../context.ts';

/** px's own errors, and what it could not write. */
const ERROR_STATUS = 125;

/**
 * Goes on with a job whose output this px cannot write: the work is worth more than the place where its
 * output should go, and the control plane keeps that.
 */
export const lostOutput = (context: Pick<Context, 'output'>, job: string) => {
  let isLost = false;
  return {
    tell: (error: PxError): void => {
      isLost = true;
      context.output.warn(`${error.message} The job goes on.`);
    },
    /** The status of px, given that of the job; says where the output is. */
    status: (status: number): number => {
      if (!isLost) return status;
      context.output.warn(`What could not be written is kept: px job logs ${job}`);
      return status === 0 ? ERROR_STATUS : status;
    },
  };
};

/** Prints a job's id alone; where that cannot be written it is told as px's own word. */
export const printJobId = async (context: Context, id: string): Promise<number> => {
  const text = context.json ? JSON.stringify({ job: id }) : id;
  try {
    await context.output.write(1, Buffer.from(`${text}\n`));
    return 0;
  } catch (error) {
    context.output.warn(`The job ${id} was started all the same: px job attach ${id}`);
    throw error;
  }
};
