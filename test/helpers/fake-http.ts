import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type RouteName, routes } from '../../protocol/routes.ts';

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A whole body. */
export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** The row of the route table that a request means. */
export const findRoute = (method: string, path: string) => {
  for (const name of Object.keys(routes) as RouteName[]) {
    const route = routes[name];
    const pattern = new RegExp(`^${route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const match = pattern.exec(path);
    if (match !== null && route.method === method.toLowerCase()) {
      return { name, params: match.groups ?? {} };
    }
  }
  return null;
};

/** What goes back. */
export interface Answer {
  status?: number;
  json?: unknown;
  bytes?: Uint8Array;
}

/** An error as a control plane answers it. */
export const failure = (status: number, code: string): Answer => ({
  status,
  json: { error: { code, message: `the fake says ${code}`, hint: null } },
});
