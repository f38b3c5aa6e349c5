import { PROTOCOL, VERSION } from '../../protocol/version.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { printFields } from '../output/fields.ts';

export const version: Command = {
  path: ['version'],
  summary: 'print the versions of px, Node and the protocol',
  example: 'px version',
  handler: async (parsed, { output, json }) => {
    noArguments(parsed);
    const versions = { px: VERSION, node: process.versions.node, protocol: PROTOCOL };
    if (json) output.json(versions);
    else
      await printFields(
        output,
        Object.entries(versions).map(([name, value]) => [name, String(value)]),
      );
    return 0;
  },
};
