import { type Claim, REPORT_MAX_BYTES, type ReportReply } from '../../protocol/messages/worker.ts';
import { createLimit, type Limit } from '../limit.ts';
import { createSpaces, type Spaces } from '../spaces.ts';
import type { LeaseTable, LiveLease } from './lease-table.ts';
import type { Looked } from './lookup.ts';
import { Recent } from './recent.ts';
import type { LeaseReport } from './report-body.ts';
import { Runtimes } from './runtimes.ts';
import type { Round } from './scene.ts';

/** A report that waits for its commit. */
export interface Waiting {
  nodeId: string;
  leases: LeaseReport[];
  resolve: (results: ReportReply['results']) => void;
  reject: (cause: unknown) => void;
}

/** A claim that waits for its answer. */
export interface Taker {
  nodeId: string;
  clusterId: string;
  /** The node's join token is not spent yet. */
  isFresh: boolean;
  claim: Claim;
  signal: AbortSignal;
  resolve: (round: Round) => void;
  reject: (cause: unknown) => void;
}

/** A node with idle slots for which there is no work. */
export interface Hungry {
  nodeId: string;
  idle: number;
}

/**
 * What execution holds in memory between requests. All of it can be lost: after a restart it is
 * rebuilt from the database, or does without.
 */
export interface Execution {
  /** Null until it was rebuilt from the database (`leasesOf`). */
  leases: LeaseTable | null;
  /** Counts the epochs of this generation. */
  epochs: number;
  runtimes: Runtimes;
  /** Whether a node comes through a tunnel (`leaseMsOf`). */
  tunneled: Recent<boolean>;
  /** The last answered claim by node, for the answer that gets lost. */
  claims: Recent<{ nonce: string; leases: LiveLease[] }>;
  /** The last nonces of claims by node, in the order of their first request. */
  nonces: Recent<string[]>;
  /** Nodes that drain themselves for a partition that must run alone, by job. */
  reserved: Map<string, string>;
  /** Reads of inputs for claims. */
  reads: Limit;
  /** Inputs that are being deleted, by job. */
  cleaning: Map<string, Promise<void>>;
  /** Lookups of resumed partitions that are under way, by job. */
  lookups: Map<string, Promise<Looked>>;
  /** Sums of the job that is resumed, by job. */
  done: Map<string, ReadonlySet<string>>;
  /** The last answer on the control channel by node, so that a repeated one does not spin. */
  controls: Recent<{ text: string; at: number }>;
  /** When each node's worker was last heard of, in ms since 1970, and the load of its machine. */
  heard: Recent<{ at: number; load: number | null }>;
  /** Reports that wait for the next commit, in order of their arrival. */
  reports: Waiting[];
  /** Where reports that come through a file are read into. */
  reportSpaces: Spaces;
  /** The newest claim of each node that is being answered. */
  claiming: Map<string, { nonce: string; poll: AbortController }>;
  /** Claims that wait for the end of the tick, in order of their arrival. */
  takers: Taker[];
  /** Nodes with idle slots for which there is no work, by cluster. */
  hungry: Map<string, Set<Hungry>>;
  /** Clusters in which work is sought for idle nodes. */
  stealing: Set<string>;
  /** A commit is under way. */
  isCommitting: boolean;
  /** Monotonic milliseconds of the last look at the deadlines. */
  expiredAt: number | null;
}

/** 32 files: a thousand claims at once must not use up the file descriptors. */
const READS_MAX = 32;

/** 2 reports of 8 MiB at most: a machine has one local worker, and it reports one at a time. */
const REPORT_SPACES = 2;

/** 10,000 nodes, more than a control plane feeds at a time; a node that is forgotten asks again. */
const NODES_MAX = 10_000;

/** The node is gone, or another worker is the node now: no answer to it is repeated. */
export const forgetNode = ({ claims, nonces, controls }: Execution, nodeId: string): void => {
  claims.delete(nodeId);
  nonces.delete(nodeId);
  controls.delete(nodeId);
};

export const createExecution = (): Execution => ({
  leases: null,
  epochs: 0,
  runtimes: new Runtimes(),
  tunneled: new Recent(NODES_MAX),
  claims: new Recent(NODES_MAX),
  nonces: new Recent(NODES_MAX),
  reserved: new Map(),
  reads: createLimit(READS_MAX),
  cleaning: new Map(),
  lookups: new Map(),
  done: new Map(),
  controls: new Recent(NODES_MAX),
  heard: new Recent(NODES_MAX),
  reports: [],
  reportSpaces: createSpaces(REPORT_MAX_BYTES, REPORT_SPACES),
  claiming: new Map(),
  takers: [],
  hungry: new Map(),
  stealing: new Set(),
  isCommitting: false,
  expiredAt: null,
});
