import { PxError } from '../../protocol/errors.ts';
import { optionalArgument } from '../arguments.ts';
import type { Command } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { completedCommands } from '../completion/model.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { typed } from '../typed.ts';
import type { CommandRow } from './registry.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const isShell = (name: string): name is keyof typeof SHELLS => Object.hasOwn(SHELLS, name);

/** The command that completes the commands of these rows, itself among them. */
export const completionOf = (rows: readonly CommandRow[]): Command => ({
  path: ['completion'],
  summary: 'print the completion script of a shell',
  positionals: 'bash|zsh|fish',
  example: `
source <(px completion bash)
px completion fish | source`,
  details: 'Completes commands, options, files, clusters and jobs.',
  handler: async (parsed, { output, json }) => {
    const shell = optionalArgument(parsed);
    if (shell === undefined || !isShell(shell)) {
      const found = shell === undefined ? 'nothing' : typed(shell);
      throw new PxError('bad_request', `Expected a shell (bash, zsh, fish), got ${found}.`, {
        hint: 'source <(px completion bash)',
      });
    }
    const script = SHELLS[shell](await completedCommands(rows));
    if (json) output.json({ shell, script });
    else await output.write(1, Buffer.from(script));
    return 0;
  },
});
