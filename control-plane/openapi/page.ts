import { html, raw } from 'hono/html';
import type { makeDocument } from './document.ts';

type Document = ReturnType<typeof makeDocument>;

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c2330; background: #fff }
code, pre { font: 13px/1.45 ui-monospace, monospace }
pre { overflow: auto; max-height: 30rem; padding: .75rem; background: #f3f5f8; border-radius: 6px }
summary { cursor: pointer; padding: .35rem 0 }
summary b { display: inline-block; width: 4.5rem; text-transform: uppercase }
small { color: #5b6675 }
@media (prefers-color-scheme: dark) {
  body { color: #e3e7ee; background: #12161d } pre { background: #1b212b } small { color: #97a3b4 }
}`;

const show = (value: unknown) => html`<pre>${JSON.stringify(value, null, 2)}</pre>`;

interface Operation {
  summary?: string;
  security?: Record<string, unknown>[];
  parameters?: unknown[];
  requestBody?: unknown;
  responses?: Record<string, unknown>;
}

const row = (method: string, path: string, operation: Operation) => {
  const role = Object.keys(operation.security?.[0] ?? { public: [] })[0] ?? 'public';
  return html`<details>
    <summary><b>${method}</b><code>${path}</code> ${operation.summary ?? ''} <small>${role}</small></summary>
    ${operation.parameters === undefined ? '' : html`<p>Parameters</p>${show(operation.parameters)}`}
    ${operation.requestBody === undefined ? '' : html`<p>Body</p>${show(operation.requestBody)}`}
    <p>Answer</p>${show(operation.responses?.['200'])}
  </details>`;
};

/** The document as a page that needs no script and nothing from elsewhere. */
export const renderPage = (document: Document) => {
  const rows = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => row(method, path, operation as Operation)),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>px API</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <h1>px ${document.info.version}</h1>
        <p>${document.info.description ?? ''} The same as a document: <code>GET /v1/openapi.json</code>.
        Every call but <code>/v1/health</code> sends <code>authorization: Bearer TOKEN</code>.</p>
        ${rows}
      </body>
    </html>`;
};
