import type { Output } from '../../cli/output/output.ts';

/** An Output that keeps everything: the bytes of each stream, and px's words apart. */
export interface FakeScreen extends Output {
  bytes(stream: 1 | 2): Buffer;
  /** Both streams as one terminal shows them. */
  all(): string;
  words: string[];
}

export const fakeScreen = (ttys: { stdout?: boolean; stderr?: boolean } = {}): FakeScreen => {
  const written: { stream: 1 | 2 | 'words'; bytes: Uint8Array }[] = [];
  const words: string[] = [];
  const put = (text: string): void => {
    words.push(text);
    written.push({ stream: 'words', bytes: Buffer.from(`<px> ${text}\n`) });
  };
  return {
    stdoutTty: ttys.stdout ?? false,
    stdoutFile: false,
    quiet: false,
    stderrTty: ttys.stderr ?? false,
    columns: 80,
    write: async (stream, bytes) => void written.push({ stream, bytes: Uint8Array.from(bytes) }),
    bar: async (text) => void written.push({ stream: 2, bytes: Buffer.from(`[bar ${text}]`) }),
    say: put,
    detail: () => {},
    warn: put,
    json: (value) =>
      void written.push({ stream: 1, bytes: Buffer.from(`${JSON.stringify(value)}\n`) }),
    table: () => {},
    bytes: (stream) =>
      Buffer.concat(written.filter((part) => part.stream === stream).map(({ bytes }) => bytes)),
    all: () => Buffer.concat(written.map(({ bytes }) => bytes)).toString(),
    words,
  };
};
