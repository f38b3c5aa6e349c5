import { OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { ErrorBody } from '../../protocol/errors.ts';
import { FRAMES_TYPE } from '../../protocol/frames.ts';
import type { Payload, Role, Route } from '../../protocol/route.ts';
import { routes } from '../../protocol/routes.ts';
import { VERSION } from '../../protocol/version.ts';

const BINARY = z.string().meta({ format: 'binary' });

/** The answer of a stream depends on Accept. */
const STREAM_TYPES = ['text/plain', 'application/x-ndjson', 'text/event-stream', FRAMES_TYPE];

const content = (payload: Payload) => {
  switch (payload.kind) {
    case 'json':
      return { 'application/json': { schema: payload.schema } };
    case 'frames':
      return { [FRAMES_TYPE]: { schema: BINARY } };
    case 'bytes':
      return { 'application/octet-stream': { schema: BINARY } };
    case 'stream':
      return Object.fromEntries(STREAM_TYPES.map((type) => [type, { schema: BINARY }]));
  }
};

const paramsOf = (path: string) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  return names.length === 0
    ? {}
    : { params: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) };
};

const SCHEMES: Record<Exclude<Role, 'public'>, string> = {
  client: "A user's token: PX_HOME/token of an embedded control plane.",
  join: 'A single-use join token of a node.',
  node: 'The own token of a node.',
};

const toPath = (name: string, route: Route) => ({
  method: route.method,
  path: route.path,
  operationId: name,
  summary: route.summary,
  tags: [route.path.split('/')[2] ?? ''],
  security: route.role === 'public' ? [] : [{ [route.role]: [] }],
  request: {
    ...paramsOf(route.path),
    ...(route.query === undefined ? {} : { query: route.query }),
    ...(route.body === undefined ? {} : { body: { required: true, content: content(route.body) } }),
  },
  responses: {
    200: { description: route.summary, content: content(route.reply) },
    default: {
      description: 'It failed: what happened, why, and the next command.',
      content: { 'application/json': { schema: ErrorBody } },
    },
  },
});

/** The OpenAPI 3.1 document of the route table. */
export const makeDocument = () => {
  const app = new OpenAPIHono();
  for (const [role, description] of Object.entries(SCHEMES)) {
    app.openAPIRegistry.registerComponent('securitySchemes', role, {
      type: 'http',
      scheme: 'bearer',
      description,
    });
  }
  for (const [name, route] of Object.entries(routes))
    app.openAPIRegistry.registerPath(toPath(name, route));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'px',
      version: VERSION,
      description: 'The API of a px control plane. All that the px command does, curl can do.',
    },
  });
};
