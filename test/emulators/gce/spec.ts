import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The parts of a protobuf description, as protobufjs writes it, that are looked at here. */
interface Message {
  fields?: Record<string, { type: string; rule?: string; keyType?: string }>;
  nested?: Record<string, { values?: Record<string, number> }>;
}

interface Rpc {
  requestType: string;
  responseType: string;
  options: Record<string, string>;
}

/** One method of the vendor's API with what its URL looks like. */
export interface Method {
  /** `Instances.Get`. */
  name: string;
  request: string;
  response: string;
  /** Field of the request that travels as the body. */
  body: string | null;
  verb: string;
  path: RegExp;
}

const VERBS = ['get', 'post', 'put', 'patch', 'delete'];

const readProtos = (): Record<string, Message & { methods?: Record<string, Rpc> }> => {
  const path = createRequire(import.meta.url).resolve(
    '@google-cloud/compute/build/protos/protos.json',
  );
  const { nested } = JSON.parse(readFileSync(path, 'utf8'));
  return nested.google.nested.cloud.nested.compute.nested.v1.nested;
};

/** `bulk_insert_resource` is `bulkInsertResource` in JSON. */
const camel = (text: string): string =>
  text.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const pascal = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const methodsOf = (service: string, rpcs: Record<string, Rpc>): Method[] =>
  Object.entries(rpcs).flatMap(([name, { requestType, responseType, options }]) => {
    const verb = VERBS.find((one) => `(google.api.http).${one}` in options);
    const template = options[`(google.api.http).${verb}`];
    if (verb === undefined || template === undefined) return [];
    const body = options['(google.api.http).body'];
    const pattern = template.replace(/\{(\w+)\}/g, (_, field) => `(?<${camel(field)}>[^/]+)`);
    return {
      name: `${service}.${name}`,
      ...{ request: requestType, response: responseType, verb: verb.toUpperCase() },
      body: body === undefined ? null : camel(body),
      path: new RegExp(`^${pattern}$`),
    };
  });

const SCALARS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  double: (value) => typeof value === 'number',
  float: (value) => typeof value === 'number',
  int32: (value) => Number.isInteger(value),
  uint32: (value) => Number.isInteger(value) && Number(value) >= 0,
  // 64 bits travel as text: JSON's numbers hold 53.
  int64: (value) => typeof value === 'string' && /^-?\d+$/.test(value),
  uint64: (value) => typeof value === 'string' && /^\d+$/.test(value),
};

const messages = readProtos();
const METHODS: readonly Method[] = Object.entries(messages).flatMap(([name, { methods }]) =>
  methods === undefined ? [] : methodsOf(name, methods),
);

/** The method that the vendor's description has for this verb and path. */
export const findMethod = (
  verb: string,
  path: string,
): { method: Method; params: Record<string, string> } | undefined => {
  for (const method of METHODS) {
    if (method.verb !== verb) continue;
    const groups = method.path.exec(path)?.groups;
    if (groups === undefined) continue;
    const params = Object.entries(groups).map(([key, value]) => [key, decodeURIComponent(value)]);
    return { method, params: Object.fromEntries(params) };
  }
  return undefined;
};

type Field = NonNullable<Message['fields']>[string];

/** An enum stands in the description beside its text field, under the field's name. */
const enumProblems = (owner: string, name: string, value: unknown, where: string): string[] => {
  const values = messages[owner]?.nested?.[pascal(name)]?.values;
  if (values === undefined || typeof value !== 'string' || value in values) return [];
  return [`${where}: \`${value}\` is no ${pascal(name)} of ${owner}`];
};

const oneProblem = (
  { owner, name, field }: { owner: string; name: string; field: Field },
  value: unknown,
  where: string,
): string[] => {
  if (messages[owner]?.nested?.[field.type]?.values !== undefined) {
    return enumProblems(owner, field.type, value, where);
  }
  const scalar = SCALARS[field.type];
  if (scalar === undefined) return messageProblems(field.type, value, where);
  if (!scalar(value)) return [`${where}: expected ${field.type}, got ${JSON.stringify(value)}`];
  return enumProblems(owner, name, value, where);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the vendor's description does not allow in a message: fields, types and enum words. */
export const messageProblems = (type: string, value: unknown, where: string): string[] => {
  const fields = messages[type]?.fields;
  if (fields === undefined) return [`${where}: no message ${type} is described`];
  if (!isRecord(value)) return [`${where}: expected ${type}, got ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, part]) => {
    const field = fields[name];
    const at = `${where}.${name}`;
    if (field === undefined) return [`${at}: ${type} has no such field`];
    const one = (item: unknown, path: string) =>
      oneProblem({ owner: type, name, field }, item, path);
    if (field.rule === 'repeated') {
      if (!Array.isArray(part)) return [`${at}: expected a list`];
      return part.flatMap((item, index) => one(item, `${at}[${index}]`));
    }
    if (field.keyType === undefined) return one(part, at);
    if (!isRecord(part)) return [`${at}: expected a map`];
    return Object.entries(part).flatMap(([key, item]) => one(item, `${at}[${key}]`));
  });
};

/** Brings a query parameter's text to the type that its field has. */
export const queryValue = (type: string, name: string, text: string): unknown => {
  const field = messages[type]?.fields?.[name]?.type;
  if (field === 'bool') return text === 'true';
  return field === 'int32' || field === 'uint32' ? Number(text) : text;
};
