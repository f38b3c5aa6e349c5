import { toBase64, utf8 } from '../../protocol/bytes.ts';
import type { JobSpec } from '../../protocol/messages/jobs.ts';

/** The job behind `px cluster exec`: once on every node, beside whatever runs there, no second try. */
export const execSpec = (command: JobSpec['command']): JobSpec => ({
  name: null,
  command,
  bundle: null,
  workdir: '',
  input: { kind: 'none' },
  cut: { mode: 'static' },
  order: false,
  parallel: null,
  limits: {
    retries: 0,
    crashRetries: 0,
    timeoutMs: null,
    halt: { when: 'never', fail: { count: 1 } },
  },
  collect: [],
  setup: null,
  everyNode: true,
  envNames: [],
  secretNames: [],
  attached: true,
  resume: null,
});

/** A command out of the words behind `--`, or out of one shell string. */
export const execCommand = (
  words: readonly string[] | null,
  source: string | undefined,
): JobSpec['command'] | null => {
  if (words !== null && words.length > 0) {
    return { kind: 'argv', words: words.map((word) => toBase64(utf8(word))) };
  }
  return source === undefined ? null : { kind: 'shell', source: toBase64(utf8(source)) };
};
