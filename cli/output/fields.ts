import type { Output } from './output.ts';
import { visible } from './visible.ts';

/** Prints `Name:  value` lines on stdout, values aligned; a null value leaves its line out. */
export const printFields = (
  output: Output,
  fields: readonly (readonly [name: string, value: string | null])[],
): Promise<void> => {
  const shown = fields.filter(([, value]) => value !== null);
  const width = Math.max(0, ...shown.map(([name]) => name.length)) + 2;
  const lines = shown.map(
    ([name, value]) => `${`${name}:`.padEnd(width)}${visible(value ?? '')}\n`,
  );
  return output.write(1, Buffer.from(lines.join('')));
};
