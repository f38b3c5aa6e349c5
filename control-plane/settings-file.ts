import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { got, PxError } from '../protocol/errors.ts';
import type { Settings } from './settings.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

const count = (fallback: number) =>
  z.int({ error: 'a whole number' }).min(0, 'a number from 0 on').default(fallback);

const url = z.url({ error: 'an address' }).optional();

const PricingUrls = z.strictObject({
  gcpList: url,
  gcpBilling: url,
  gcpCompute: url,
  awsPrices: url,
  awsSpot: url,
  awsAdvisor: url,
  awsEc2: url,
  azurePrices: url,
  azureManagement: url,
  digitalocean: url,
  googleToken: url,
  azureLogin: url,
  azureMetadata: url,
});

const SettingsFile = z.strictObject({
  retainMs: count(30 * DAY_MS),
  quotaBytes: count(20 * 1024 * MIB),
  freeFloorBytes: count(256 * MIB),
  lifetimeMs: count(HOUR_MS).nullable(),
  leaseMs: count(30_000),
  remoteLeaseMs: count(900_000),
  tunnelLossMs: count(90_000),
  unattendedMs: count(60_000),
  settleMs: count(10_000),
  inputSilenceMs: count(60_000),
  pricingUrls: PricingUrls.optional(),
  gcpUrl: url,
  nodeUrl: url,
});

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '{}';
    throw new PxError('bad_config', `${path} cannot be read.`, { cause });
  }
};

const parseJson = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('bad_config', `${path}: Expected JSON, got something else: ${words}`, {
      cause,
    });
  }
};

const refusal = (path: string, value: unknown, error: z.ZodError): PxError => {
  const [issue] = error.issues;
  const hint = `Its keys: ${Object.keys(SettingsFile.shape).join(', ')}.`;
  if (issue?.code === 'unrecognized_keys') {
    return new PxError('bad_config', `${path}: unknown key ${issue.keys.join(', ')}.`, { hint });
  }
  const key = issue?.path[0];
  const found = typeof key === 'string' ? Reflect.get(Object(value), key) : value;
  const where = key === undefined ? '' : ` for ${String(key)}`;
  const message = `${path}: Expected ${issue?.message ?? 'other settings'}${where}, got ${got(found)}.`;
  return new PxError('bad_config', message, { hint });
};

/** Reads `settings.json` of PX_HOME over the defaults. Throws `bad_config`. */
export const readSettings = (home: string): Settings => {
  const path = join(home, 'settings.json');
  const value = parseJson(path, readText(path));
  const parsed = SettingsFile.safeParse(value);
  if (!parsed.success) throw refusal(path, value, parsed.error);
  return parsed.data;
};
