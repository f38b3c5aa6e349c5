import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(import.meta.dirname, '../../docs');

/** A fenced block of a page: its info string and its text, both as they stand. */
interface Block {
  info: string;
  text: string;
}

const FENCED = /^```([^\n]*)\n(.*?)^```$/gms;

export const readDoc = (name: string): string => readFileSync(join(DOCS, name), 'utf8');

export const blocksOf = (page: string): Block[] =>
  [...page.matchAll(FENCED)].map(([, info = '', text = '']) => ({ info, text }));

/** Puts other texts into the blocks of a page, in their order; null leaves one as it is. */
export const replaceBlocks = (page: string, texts: readonly (string | null)[]): string => {
  let at = 0;
  return page.replaceAll(FENCED, (whole, info: string) => {
    const text = texts[at];
    at += 1;
    return text === null || text === undefined ? whole : `\`\`\`${info}\n${text}\`\`\``;
  });
};

export const writeDoc = (name: string, page: string): void => writeFileSync(join(DOCS, name), page);

/** Whether pages are brought up to date instead of compared: UPDATE_DOCS=1. */
export const UPDATES = process.env.UPDATE_DOCS === '1';
