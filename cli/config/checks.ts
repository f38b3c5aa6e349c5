import type { Document } from 'yaml';
import { type KeyPath, keyOffset, placeOf, valueOffset } from './positions.ts';
import { keyName, type Problem } from './problems.ts';

const INPUTS = ['args_file', 'stdin_file', 'files'] as const;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const twoInputs = (document: Document, section: unknown, path: KeyPath): Problem[] => {
  if (!isObject(section)) return [];
  const [first, ...others] = INPUTS.filter((name) => section[name] !== undefined);
  return others.map((name) => ({
    offset: keyOffset(placeOf(document, [...path, name])),
    key: keyName([...path, name]),
    message: `Expected at most one input, got \`${name}\` beside \`${first}\`.`,
  }));
};

const isTimezone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const isCron = async (text: string): Promise<boolean> => {
  const { Cron } = await import('croner');
  try {
    new Cron(text, { paused: true }).stop();
    return true;
  } catch {
    return false;
  }
};

const scheduleProblems = async (
  document: Document,
  name: string,
  schedule: unknown,
): Promise<Problem[]> => {
  if (!isObject(schedule)) return [];
  const { cron, timezone } = schedule;
  const wrong = (key: string, expected: string, value: string): Problem => ({
    offset: valueOffset(placeOf(document, ['schedules', name, key])),
    key: keyName(['schedules', name, key]),
    message: `Expected ${expected}, got \`${value}\` (string).`,
  });
  const problems = twoInputs(document, schedule, ['schedules', name]);
  if (typeof cron === 'string' && !(await isCron(cron))) {
    problems.push(wrong('cron', 'a cron line like 0 3 * * *', cron));
  }
  if (typeof timezone === 'string' && !isTimezone(timezone)) {
    problems.push(wrong('timezone', 'a time zone like Europe/Berlin', timezone));
  }
  return problems;
};

/** What a schema cannot say: keys that exclude each other, and cron lines. Types are its affair. */
export const checkConfig = async (
  document: Document,
  raw: Readonly<Record<string, unknown>>,
): Promise<Problem[]> => {
  const { run, schedules } = raw;
  const problems = twoInputs(document, run, ['run']);
  if (!isObject(schedules)) return problems;
  for (const [name, schedule] of Object.entries(schedules)) {
    problems.push(...(await scheduleProblems(document, name, schedule)));
  }
  return problems;
};
