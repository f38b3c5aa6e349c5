import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { PxError } from '../../protocol/errors.ts';

const run = promisify(execFile);

/** Where Node's own releases are. */
const DIST = 'https://nodejs.org/dist';

interface Place {
  fetch: typeof fetch;
  /** A mirror of nodejs.org/dist. */
  url: string | undefined;
  folder: string;
}

const get = async ({ fetch, url = DIST }: Place, path: string): Promise<Response> => {
  const answer = await fetch(`${url}/${path}`);
  if (!answer.ok || answer.body === null)
    throw new Error(`${url}/${path} answers ${answer.status}`);
  return answer;
};

/** Downloads a release whose SHA-256 its list names; resolves to the path of the program in it. */
const download = async (place: Place, version: string, name: string): Promise<string> => {
  const { folder } = place;
  const file = `${name}.tar.gz`;
  const sums = await (await get(place, `${version}/SHASUMS256.txt`)).text();
  const wanted = sums
    .split('\n')
    .find((line) => line.endsWith(`  ${file}`))
    ?.split(' ')[0];
  if (wanted === undefined) throw new Error(`its list of checksums has no ${file}`);
  const making = join(folder, `${file}.${randomUUID()}`);
  mkdirSync(making);
  try {
    const archive = join(making, file);
    const hash = createHash('sha256');
    const { body } = await get(place, `${version}/${file}`);
    if (body === null) throw new Error('it answers nothing');
    const source = Readable.fromWeb(body as never);
    source.on('data', (piece: Uint8Array) => hash.update(piece));
    await pipeline(source, createWriteStream(archive));
    const got = hash.digest('hex');
    if (got !== wanted) throw new Error(`${file} has the SHA-256 ${got}, expected ${wanted}`);
    await run('tar', ['-xzf', archive, '-C', making, `${name}/bin/node`]);
    const program = join(folder, name);
    renameSync(join(making, name, 'bin/node'), program);
    return program;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
};

/**
 * The Node of a release for Linux of another architecture, from nodejs.org, held against its published
 * SHA-256. Resolves to its path. Throws `provider_refused`.
 *
 * @param version such as `v24.21.0`
 * @param arch as Node names it: `x64`, `arm64`
 */
export const fetchNode = async (place: Place, version: string, arch: string): Promise<string> => {
  try {
    return await download(place, version, `node-${version}-linux-${arch}`);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError(
      'provider_refused',
      `No Node for Linux on ${arch} could be fetched: ${words}.`,
      {
        hint: 'Install Node 22.18 or newer on the machine, or name a mirror of nodejs.org/dist as nodeUrl in PX_HOME/settings.json',
        cause,
      },
    );
  }
};
