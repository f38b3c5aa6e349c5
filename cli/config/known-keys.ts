import * as z from 'zod';
import { PxYaml } from '../../protocol/px-yaml.ts';
import type { KeyPath } from './positions.ts';

const below = (schema: unknown, step: PropertyKey): unknown => {
  if (schema instanceof z.ZodOptional) return below(schema.unwrap(), step);
  if (schema instanceof z.ZodObject) return schema.shape[String(step)];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return undefined;
};

/** The keys that px.yaml may have at a path. */
export const knownKeys = (path: KeyPath): string[] => {
  let schema: unknown = PxYaml;
  for (const step of path) schema = below(schema, step);
  if (schema instanceof z.ZodOptional) schema = schema.unwrap();
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
};
