import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

/**
 * Bundles the CLI into one file for a fast start: finding and linking two hundred modules takes longer
 * than all that `px run true` does. CommonJS, since there the built-in modules of a command are loaded
 * with that command; an ES module loads those of all commands at its start.
 *
 * @param outfile two levels below the root, as the sources are that find others by a relative path
 */
export const bundleCli = async (outfile: string): Promise<void> => {
  await build({
    entryPoints: [join(root, 'cli/main.ts')],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    minify: true,
    // Names of functions stand in the stack traces of bug reports.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    // A native addon, found by its own package.
    external: ['better-sqlite3'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: {
      js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
    },
  });
};
