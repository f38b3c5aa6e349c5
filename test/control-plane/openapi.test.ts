import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../../control-plane/app.ts';
import { makeDocument } from '../../control-plane/openapi/document.ts';
import { routes } from '../../protocol/routes.ts';
import { VERSION } from '../../protocol/version.ts';
import { makeTokens, reached } from '../helpers/app.ts';
import { createTestDeps } from '../helpers/control-plane.ts';

interface Operation {
  operationId: string;
  security: Record<string, unknown>[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content: Record<string, { schema: object }> }>;
}

const operations = (): Map<string, Operation & { at: string }> =>
  new Map(
    Object.entries(makeDocument().paths ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, Operation>).map(([method, operation]) => [
        operation.operationId,
        { ...operation, at: `${method} ${path}` },
      ]),
    ),
  );

test('the document is OpenAPI 3.1 and serializes', () => {
  const document = JSON.parse(JSON.stringify(makeDocument()));
  assert.equal(document.openapi, '3.1.0');
  assert.equal(document.info.version, VERSION);
  assert.deepEqual(Object.keys(document.components.securitySchemes), ['client', 'join', 'node']);
});

test('every row of the route table is an operation, and nothing else is', () => {
  const found = [...operations()].map(([name, { at }]) => `${name}: ${at}`).sort();
  const rows = Object.entries(routes).map(
    ([name, { method, path }]) => `${name}: ${method} ${path}`,
  );
  assert.deepEqual(found, rows.sort());
});

test('an operation tells who may call it, its parameters, its body and its answer', () => {
  const byName = operations();
  assert.deepEqual(byName.get('health')?.security, []);
  assert.deepEqual(byName.get('workerClaim')?.security, [{ node: [] }]);
  const output = byName.get('output');
  const parameters = output?.parameters?.map((one) => `${one.in} ${one.name}`) ?? [];
  assert.ok(parameters.includes('path id') && parameters.includes('query cursor'));
  assert.deepEqual(Object.keys(output?.responses['200']?.content ?? {}).length, 4);
  const up = byName.get('clusterUp');
  const schema = JSON.stringify(up?.requestBody?.content['application/json']?.schema);
  assert.match(schema, /"cpusPerNode":\{"type":"integer"/);
  assert.ok(up?.responses.default?.content['application/json'] !== undefined);
});

test('every path parameter of the document stands in its path', () => {
  for (const [name, { at, parameters = [] }] of operations()) {
    const inPath = parameters.filter((one) => one.in === 'path').map((one) => `{${one.name}}`);
    assert.deepEqual(inPath, at.match(/\{\w+\}/g) ?? [], name);
    assert.ok(
      parameters.every((one) => one.in !== 'path' || one.required === true),
      name,
    );
  }
});

test('the page shows every route, runs no script and loads nothing', async (t) => {
  const deps = createTestDeps(t);
  const app = createApp(deps, reached);
  const { client } = makeTokens(deps);
  const response = await app.request('/v1/docs', {
    headers: { authorization: `Bearer ${client}` },
  });
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const page = await response.text();
  for (const { path } of Object.values(routes)) assert.ok(page.includes(path), path);
  assert.doesNotMatch(page, /<script|<link|src=|href=/);
});
