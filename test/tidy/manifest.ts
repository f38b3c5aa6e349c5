import type { Violation } from './source.ts';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

interface DenoConfig {
  readonly imports: Record<string, string>;
}

// `npm:hono@4.13.19`, and `npm:/hono@4.13.19/` for the paths below a package.
const SPECIFIER = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)\/?$/;
const EXACT_VERSION = /^\d+\.\d+\.\d+$/;

const breach = (path: string, message: string): Violation => ({
  rule: 'manifest',
  path,
  line: 1,
  message,
});

/** deno.json repeats the versions of package.json, which are exact. */
export const manifestDrift = (manifest: Manifest, deno: DenoConfig): Violation[] => {
  const versions = { ...manifest.dependencies, ...manifest.devDependencies };
  const inexact = Object.entries(versions)
    .filter(([, version]) => !EXACT_VERSION.test(version))
    .map(([name, version]) => breach('package.json', `${name} has no exact version: ${version}`));
  const drifted = Object.entries(deno.imports).flatMap(([key, specifier]) => {
    const [, name, version] = SPECIFIER.exec(specifier) ?? [];
    if (name === undefined || name !== key.replace(/\/$/, '')) {
      return breach('deno.json', `${key} maps to ${specifier}`);
    }
    return versions[name] === version
      ? []
      : breach('deno.json', `${name} is ${version}, package.json says ${versions[name]}`);
  });
  const missing = Object.keys(manifest.dependencies)
    .filter((name) => !(name in deno.imports))
    .map((name) => breach('deno.json', `${name} of package.json is missing`));
  return [...inexact, ...drifted, ...missing];
};

interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
}

/**
 * The lockfile names no host, and holds the packages of every platform: npm leaves out those that it
 * could not find when it wrote the file, and then refuses `npm ci` everywhere.
 */
export const lockGaps = (packages: Record<string, LockedPackage>): Violation[] => {
  const paths = Object.keys(packages);
  const isLocked = (name: string) => paths.some((path) => path.endsWith(`node_modules/${name}`));
  return Object.entries(packages).flatMap(([path, { resolved, optionalDependencies = {} }]) => [
    ...(resolved === undefined ? [] : [breach('package-lock.json', `${path} names a host`)]),
    ...Object.keys(optionalDependencies)
      .filter((name) => !isLocked(name))
      .map((name) => breach('package-lock.json', `${name}, optional for ${path}, is missing`)),
  ]);
};
