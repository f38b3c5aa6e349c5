// C0 and C1 controls, DEL, line separators, and the marks that turn the direction of text: what is
// printed for people must not move the cursor, colour the screen, or show another order than is there.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escapeOf = (char: string): string => {
  const code = char.charCodeAt(0);
  const hex = code.toString(16);
  return (
    SHORT[char] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`)
  );
};

/** Makes control characters of data visible: `\x1b[31m` instead of red. */
export const visible = (text: string): string => text.replace(UNSAFE, escapeOf);

/** The same for text of several lines, whose line ends stay. */
export const visibleLines = (text: string): string[] => text.split('\n').map(visible);
