import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { envOf, pxYamlText } from '../init/px-yaml-text.ts';
import { findStacks } from '../init/stacks.ts';

const isThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';

const write = async (path: string, text: string, force: boolean): Promise<void> => {
  await writeFile(path, text, { flag: force ? 'w' : 'wx' }).catch((cause: unknown) => {
    if (isThere(cause)) {
      throw new PxError('bad_request', 'There is a px.yaml here already.', {
        hint: 'Overwrite it: px init --force',
      });
    }
    throw new PxError('bad_request', `Could not write ${path}.`, {
      hint: 'Change to a directory that you may write.',
      cause,
    });
  });
};

export const init: Command = {
  path: ['init'],
  summary: 'write a px.yaml that fits this directory',
  options: [{ name: 'force', short: 'f', summary: 'overwrite the px.yaml that is there' }],
  example: 'px init',
  details: `
Looks for package.json, requirements.txt, pyproject.toml, go.mod, Cargo.toml, Gemfile, composer.json
and their like, and writes the setup that brings what they name onto a node.`,
  handler: async (parsed, { cwd, output, json }) => {
    noArguments(parsed);
    const found = findStacks(new Set(await readdir(cwd)));
    const path = join(cwd, 'px.yaml');
    await write(path, pxYamlText(basename(cwd), found), parsed.flag('force'));
    if (json) {
      output.json({ path, found: found.map(({ file }) => file), env: envOf(found) });
      return 0;
    }
    for (const { file, stack } of found) output.say(`Found [${file}]: ${stack.name}.`);
    if (found.length === 0) output.say('Found nothing to install: `setup` is left out.');
    output.say("Wrote [px.yaml]. Try it: px run 'echo hello'");
    return 0;
  },
};
