import { concat, utf8 } from '../../protocol/bytes.ts';

// What a shell runs itself, and what begins or ends a compound command: `exec` would look for a
// program of that name.
const NOT_PROGRAMS = new Set(
  `. : [ alias bg break case cd chdir command continue do done echo elif else esac eval exec exit export
  false fc fg fi for function getopts hash if in jobs kill let local newgrp printf pwd read readonly
  builtin declare popd pushd return select set shift source test then time times trap true type typeset ulimit umask unalias
  unset until wait while`.split(/\s+/),
);

// Outside quotes nothing that ends, joins, groups, redirects or comments a command; no backslash.
// Bytes beyond ASCII are part of a word.
const SIMPLE =
  /^[ \t]*([\w./+][\w./+-]*)(?=[ \t]|$)(?:[ \t]|'[^']*'|"(?:[^"\\`$]|\$(?!\()|\\.)*"|[^\s;&|<>()`#!{}\\'"])*$/;

const EXEC = utf8('exec ');

/** Whether a shell runs a command of this name itself, or reads it as a word of its own. */
export const isShellOwn = (name: string): boolean => NOT_PROGRAMS.has(name);

/**
 * Puts `exec` before source that is one plain command, so that the program itself is the process
 * that px waits for: behind a shell a program that a signal killed looks like one that exited with
 * 128+n. Some shells do so by themselves. All other source is left as it is.
 */
export const withExec = (source: Uint8Array): Uint8Array => {
  const [, program] = SIMPLE.exec(Buffer.from(source).toString('latin1')) ?? [];
  return program === undefined || isShellOwn(program) ? source : concat([EXEC, source]);
};
