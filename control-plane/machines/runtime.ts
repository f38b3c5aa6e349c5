import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import * as z from 'zod';
import { fetchNode } from './node-release.ts';

const run = promisify(execFile);

/** A file that travels. */
interface Parcel {
  file: string;
  /** Of the file as it travels: a third of what it unpacks to, which takes that much longer to hash. */
  sha256: string;
}

/** One that travels packed. */
export interface Packed extends Parcel {
  /** Command that unpacks stdin to stdout there. */
  unpack: string;
}

/** How a machine unpacks. */
type Packing = 'zstd' | 'gzip';

/** What runs on machines: made once, and kept in a cache. */
export interface Runtime {
  worker(): Promise<Parcel>;
  /**
   * The Node of this control plane where it runs on such a machine, else the same version from
   * nodejs.org; null where there is none. Throws `provider_refused` where that is out of reach.
   */
  node(machine: { os: string; arch: string }, packing: Packing): Promise<Packed | null>;
}

interface RuntimeOptions {
  /** Folder of the cache. */
  folder: string;
  /** A Node that runs the sources. */
  nodePath: string;
  env: Readonly<Record<string, string>>;
  fetch: typeof fetch;
  /** A mirror of nodejs.org/dist. */
  nodeUrl?: string | undefined;
}

/** Names of machines as Node has them. */
const ARCHS: Readonly<Record<string, string>> = {
  x86_64: 'x64',
  amd64: 'x64',
  aarch64: 'arm64',
  arm64: 'arm64',
};

const OwnNode = z.object({
  path: z.string(),
  version: z.string(),
  arch: z.string(),
  platform: z.string(),
  /** It needs no libraries but glibc: a distribution's own Node, or one for musl, runs nowhere else. */
  travels: z.boolean(),
});

const ASK_NODE = `
process.report.excludeNetwork = true;
const { header } = process.report.getReport();
const shared = Object.entries(process.config.variables).some(
  ([name, value]) => name.startsWith('node_shared') && String(value) === 'true');
const { execPath: path, version, arch, platform } = process;
const travels = header.glibcVersionRuntime !== undefined && !shared;
console.log(JSON.stringify({ path, version, arch, platform, travels }));
`;

const hashFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

const once = <T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>) => {
  const known = made.get(key);
  if (known !== undefined) return known;
  const making = make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return making;
};

/** The bundle of a package; a checkout makes its own, which takes a tenth of a second. */
const makeWorker = async ({ folder, nodePath, env }: RuntimeOptions): Promise<Parcel> => {
  const shipped = join(import.meta.dirname, '../../worker.mjs');
  let file = shipped;
  if (!existsSync(shipped)) {
    const script = join(import.meta.dirname, '../../scripts/bundle-worker.ts');
    file = join(folder, `worker.${randomUUID()}.mjs`);
    await run(nodePath, [script, file], { env: { ...env } });
  }
  const sha256 = await hashFile(file);
  const kept = join(folder, `worker.${sha256.slice(0, 16)}.mjs`);
  if (file !== shipped) renameSync(file, kept);
  return { file: file === shipped ? shipped : kept, sha256 };
};

/** 1 MiB: pieces of 64 KiB take zstd twice the time. */
const PIECE_BYTES = 1 << 20;
/** Level 1: a quarter larger than level 6 and four times as fast. */
const gzip = () => zlib.createGzip({ level: 1, chunkSize: PIECE_BYTES });
const zstd = () => zlib.createZstdCompress({ chunkSize: PIECE_BYTES });

const PACKERS = {
  zstd: { end: 'zst', unpack: 'zstd -dcq', pack: zstd },
  gzip: { end: 'gz', unpack: 'gzip -dc', pack: gzip },
} as const;

/** Packs the Node that `find` leads to, unless it was packed before. */
const packNode = async (
  folder: string,
  name: string,
  packing: Packing,
  find: () => Promise<string>,
): Promise<Packed> => {
  const { end, unpack, pack } = PACKERS[packing];
  const file = join(folder, `${name}.${end}`);
  const sum = `${file}.sum`;
  if (!existsSync(sum)) {
    const making = `${file}.${randomUUID()}`;
    const path = await find();
    const source = createReadStream(path, { highWaterMark: PIECE_BYTES });
    await pipeline(source, pack(), createWriteStream(making));
    const sha256 = await hashFile(making);
    renameSync(making, file);
    await writeFile(making, sha256);
    renameSync(making, sum);
    // What was fetched is kept packed alone.
    if (dirname(path) === folder) await rm(path);
  }
  return { file, sha256: await readFile(sum, 'utf8'), unpack };
};

/** What travels to machines, from a cache in `folder`. */
export const createRuntime = (options: RuntimeOptions): Runtime => {
  const { folder, nodePath, env, fetch } = options;
  const workers = new Map<string, Promise<Parcel>>();
  const nodes = new Map<string, Promise<Packed>>();
  const asked = new Map<string, Promise<z.infer<typeof OwnNode>>>();
  const askNode = async () => {
    const { stdout } = await run(nodePath, ['-e', ASK_NODE], { env: { ...env } });
    return OwnNode.parse(JSON.parse(stdout));
  };
  const prepare = (): void => void mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    worker: () => {
      prepare();
      return once(workers, 'worker', () => makeWorker(options));
    },
    node: async (machine, packing) => {
      prepare();
      const own = await once(asked, nodePath, askNode);
      const arch = ARCHS[machine.arch];
      if (machine.os !== 'Linux' || arch === undefined) return null;
      const isOwn = own.platform === 'linux' && own.arch === arch && own.travels;
      const name = `node-${own.version}-linux-${arch}`;
      const find = async (): Promise<string> =>
        isOwn
          ? own.path
          : await fetchNode({ fetch, url: options.nodeUrl, folder }, own.version, arch);
      // Deno's zlib has no zstd.
      const known = typeof zlib.createZstdCompress === 'function' ? packing : 'gzip';
      return await once(nodes, `${name} ${known}`, () => packNode(folder, name, known, find));
    },
  };
};
