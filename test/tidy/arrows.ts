import { importsOf } from './imports.ts';
import { isProduct, type Source, type Violation, violationAt } from './source.ts';

/** A folder or file, what it must not import, and where that is all right after all. */
interface Arrow {
  readonly from: RegExp;
  readonly except?: RegExp;
  readonly forbidden: RegExp;
  readonly because: string;
}

const DRIVERS = /^(drizzle-orm|better-sqlite3|node:sqlite)(\/|$)/;

const ARROWS: readonly Arrow[] = [
  {
    from: /^protocol\//,
    forbidden: /^(?!protocol\/|zod$|zod\/)/,
    because: 'protocol/ is the neutral leaf: it imports zod and itself',
  },
  {
    from: /^worker\//,
    forbidden: /^(control-plane|cli|dashboard)\//,
    because: 'the worker holds worker/ and protocol/ only',
  },
  {
    from: /^cli\//,
    except: /^cli\/(commands\/server\.ts|server\/)/,
    forbidden: /^control-plane\//,
    because: 'only cli/commands/server.ts and cli/server/ start the control plane',
  },
  {
    from: /^cli\//,
    forbidden: /^(worker|dashboard)\//,
    because: 'the CLI reaches workers through the control plane',
  },
  {
    from: /^control-plane\//,
    forbidden: /^(cli|worker)\//,
    because: 'the control plane knows its clients by protocol/ alone',
  },
  {
    from: /^(protocol|control-plane|worker|cli|dashboard)\//,
    forbidden: /^(test|bench|scripts|examples)\//,
    because: 'what ships does not import what does not',
  },
  {
    from: /^control-plane\/(?!db\/|store\/)/,
    forbidden: DRIVERS,
    because: 'SQL stands in control-plane/db and control-plane/store',
  },
  {
    from: /^control-plane\/(routes|middleware|loops?)\b/,
    forbidden: /^control-plane\/db\//,
    because: 'routes and loops reach the database through store/',
  },
  {
    from: /^control-plane\/(store|db|scheduler|output|input|providers|pricing)\//,
    forbidden: /^control-plane\/(routes|middleware|loops|app\.ts|node\.ts|deno\.ts)/,
    because: 'the arrows run routes → store → db and loops → scheduler, providers, store',
  },
  {
    from: /^control-plane\/db\//,
    forbidden: /^control-plane\/(?!db\/)/,
    because: 'db/ is the lowest layer',
  },
  {
    from: /^control-plane\/store\//,
    forbidden: /^control-plane\/providers\//,
    because: 'a store function is one SQL operation',
  },
  {
    from: /^control-plane\/scheduler\//,
    forbidden: /^(?!protocol\/|control-plane\/scheduler\/)/,
    because: 'scheduler/ is pure: state and now in, decisions out',
  },
];

export const wrongArrows = (source: Source): Violation[] => {
  if (!isProduct(source.path)) return [];
  return importsOf(source).flatMap((edge) =>
    ARROWS.filter(
      (arrow) =>
        arrow.from.test(source.path) &&
        !arrow.except?.test(source.path) &&
        arrow.forbidden.test(edge.target),
    ).map((arrow) =>
      violationAt('arrow', source, edge.offset, `imports ${edge.target}: ${arrow.because}`),
    ),
  );
};
