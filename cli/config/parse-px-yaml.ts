import { type Document, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { PxError } from '../../protocol/errors.ts';
import { liftMounts, PxYaml } from '../../protocol/px-yaml.ts';
import { checkConfig, isObject } from './checks.ts';
import { keyOffset, placeOf } from './positions.ts';
import { type Problem, schemaProblems } from './problems.ts';

/** 1 MiB: no configuration is longer; something else has the name. */
const MAX_BYTES = 1 << 20;

const HINT = 'Correct it and type the same command again; docs/px-yaml.md describes every key.';

const refuse = (shownAs: string, message: string, cause?: unknown): PxError =>
  new PxError('bad_config', `${shownAs}:1:1: ${message}`, { hint: HINT, cause });

const decode = (bytes: Uint8Array, shownAs: string): string => {
  if (bytes.length > MAX_BYTES) {
    throw refuse(shownAs, `Expected at most ${MAX_BYTES} bytes, got ${bytes.length}.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse(shownAs, 'Expected UTF-8 text, got other bytes.', cause);
  }
};

const yamlProblem = (error: YAMLError, text: string): Problem => {
  const offset = error.pos[0];
  if (error.code === 'MULTIPLE_DOCS') {
    const message = 'Expected one document, got a second one behind a line of `---`.';
    return { offset, key: '', message };
  }
  if (error.code !== 'DUPLICATE_KEY') {
    const message = `Expected YAML. ${error.message.split('\n')[0]}`;
    return { offset, key: '', message };
  }
  const key = /^[^:\s]+/.exec(text.slice(offset))?.[0] ?? '';
  return { offset, key: '', message: `Expected each key once, got \`${key}\` again.` };
};

/** Mounts that stand at the top level and under `mounts:` too: one of them would be lost. */
const mountedTwice = (document: Document, raw: Record<string, unknown>): Problem[] => {
  const nested = raw.mounts;
  if (!isObject(nested)) return [];
  return Object.keys(raw)
    .filter((key) => key.startsWith('/') && Object.hasOwn(nested, key))
    .map((key) => ({
      offset: keyOffset(placeOf(document, [key])),
      key,
      message: 'Expected each mount once, got it under `mounts` too.',
    }));
};

/** `mounts:` that is no map has to fail as it stands, instead of making room for lifted ones. */
const lifted = (raw: Record<string, unknown>): unknown => {
  const { mounts } = raw;
  if (mounts === undefined || isObject(mounts)) return liftMounts(raw);
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !key.startsWith('/')));
};

const plain = (document: Document, shownAs: string): Record<string, unknown> => {
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (cause) {
    throw refuse(shownAs, `Expected YAML. ${cause instanceof Error ? cause.message : ''}`, cause);
  }
  if (raw === null || raw === undefined) return {};
  if (isObject(raw)) return raw;
  throw refuse(shownAs, `Expected a map of keys, got a ${Array.isArray(raw) ? 'list' : 'text'}.`);
};

const listed = (problems: readonly Problem[], lines: LineCounter, shownAs: string): PxError => {
  const details = problems
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, key, message }) => {
      const { line, col } = lines.linePos(offset);
      return { file: shownAs, line, column: col, key, message };
    });
  const text = details.map(({ line, column, key, message }) =>
    [`${shownAs}:${line}:${column}`, ...(key === '' ? [] : [key]), message].join(': '),
  );
  return new PxError('bad_config', [...new Set(text)].join('\n'), { hint: HINT, details });
};

/**
 * Reads px.yaml.
 *
 * @param shownAs the file's name in messages
 * @throws PxError `bad_config` with one line a problem, all of them, in the order of the file
 */
export const parsePxYaml = async (bytes: Uint8Array, shownAs: string): Promise<PxYaml> => {
  const text = decode(bytes, shownAs);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const notYaml = [...document.errors, ...document.warnings];
  const problems = notYaml.map((error) => yamlProblem(error, text));
  // Behind a syntax error keys are not what their author wrote; behind a duplicate key they are.
  if (notYaml.some(({ code }) => code !== 'DUPLICATE_KEY')) {
    throw listed(problems, lineCounter, shownAs);
  }
  const raw = plain(document, shownAs);
  problems.push(...mountedTwice(document, raw));
  const parsed = PxYaml.safeParse(lifted(raw));
  if (!parsed.success) problems.push(...schemaProblems(document, parsed.error.issues));
  problems.push(...(await checkConfig(document, raw)));
  if (!parsed.success || problems.length > 0) throw listed(problems, lineCounter, shownAs);
  return parsed.data;
};
