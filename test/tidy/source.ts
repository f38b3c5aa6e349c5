import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EcmaScriptModule, type Node, parseSync } from 'oxc-parser';

/** One TypeScript file of this repository, parsed. Paths are relative to its root, with `/`. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  readonly root: Node;
  readonly module: EcmaScriptModule;
  readonly syntaxErrors: readonly string[];
  lineAt(offset: number): number;
}

/** A breach of a house rule, at a place. */
export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

const PRODUCT_FOLDERS = ['protocol', 'control-plane', 'worker', 'cli', 'dashboard'];
const TREE = [...PRODUCT_FOLDERS, 'bench', 'scripts', 'test'].map((folder) => `${folder}/**/*.ts`);

/** True for what ships; bench, scripts and tests keep the looser rules. */
export const isProduct = (path: string): boolean =>
  PRODUCT_FOLDERS.some((folder) => path.startsWith(`${folder}/`));

export const isTest = (path: string): boolean => path.startsWith('test/');

export const parseSource = (path: string, text: string): Source => {
  const { program, module, errors } = parseSync(path, text);
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  return {
    path,
    text,
    lineCount: text.endsWith('\n') ? lineStarts.length - 1 : lineStarts.length,
    root: program,
    module,
    syntaxErrors: errors.map((error) => error.message),
    lineAt: (offset) => lineStarts.findLastIndex((start) => start <= offset) + 1,
  };
};

export const readSources = (root: string): Source[] =>
  globSync(TREE, { cwd: root, exclude: (name) => name.includes('node_modules') })
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));

export const violationAt = (
  rule: string,
  source: Source,
  offset: number,
  message: string,
): Violation => ({ rule, path: source.path, line: source.lineAt(offset), message });
