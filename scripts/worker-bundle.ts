import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** Bundles the worker daemon into one ES module for Node 22 and newer; says what went in. */
export const bundleWorker = async (outfile: string): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints: [join(root, 'worker/main.ts')],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minify: true,
    // Names of functions stand in the stack traces of bug reports.
    keepNames: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
    // picomatch is CommonJS and requires `path`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return metafile;
};
