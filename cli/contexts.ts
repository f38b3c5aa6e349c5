import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { type Client, createClient } from '../protocol/client.ts';
import { PxError } from '../protocol/errors.ts';

/** The context that needs no row in contexts.json: the control plane on this machine. */
const EMBEDDED = 'embedded';

const Contexts = z.record(
  z.string(),
  z.strictObject({ url: z.url({ protocol: /^https?$/ }), token_file: z.string().min(1) }),
);

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const readContexts = async (path: string): Promise<z.infer<typeof Contexts>> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '{}';
    throw new PxError('bad_config', `Could not read ${path}.`, { cause: error });
  });
  try {
    return Contexts.parse(JSON.parse(text));
  } catch (cause) {
    throw new PxError('bad_config', `Expected ${path} to map names to {url, token_file}.`, {
      hint: 'Correct the file, or leave --context out to use the embedded control plane.',
      cause,
    });
  }
};

const readToken = async (path: string, name: string): Promise<string> => {
  const token = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PxError('not_found', `The token of context ${name} could not be read: ${path}`, {
      hint: 'Write the token into that file, readable by you alone (chmod 600).',
      cause,
    });
  });
  return token.trim();
};

/**
 * Connects to a named control plane.
 *
 * @throws PxError `not_found` where PX_HOME/contexts.json has no such name
 */
export const connectTo = async (
  name: string,
  home: string,
  connectEmbedded: (home: string) => Promise<Client>,
): Promise<Client> => {
  if (name === EMBEDDED) return connectEmbedded(home);
  const path = join(home, 'contexts.json');
  const contexts = await readContexts(path);
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context === undefined) {
    const known = [EMBEDDED, ...Object.keys(contexts)].join(', ');
    throw new PxError('not_found', `There is no context ${name}. Known: ${known}`, {
      hint: `Add it to ${path} as {"${name}": {"url": "https://…", "token_file": "…"}}.`,
    });
  }
  const token = await readToken(resolve(home, context.token_file), name);
  return createClient({ url: context.url.replace(/\/+$/, ''), token, fetch });
};
