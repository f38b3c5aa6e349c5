import { toBase64, utf8 } from '../../protocol/bytes.ts';
import { JobSpec } from '../../protocol/messages/jobs.ts';

/** A job that runs `true` once, everything else as the protocol has it by default. */
export const testSpec: JobSpec = JobSpec.parse({
  command: { kind: 'shell', source: toBase64(utf8('true')) },
  attached: true,
});
