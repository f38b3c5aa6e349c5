/** What the care for nodes holds in memory; all of it can be lost with the process. */
export interface Fleet {
  /**
   * Making a node's machine, or ending it for the next one, by node id: never two at once. Who destroys the
   * node for good waits for that, and no launch begins after it: its cluster or its ordinal is over by then.
   */
  working: Map<string, Promise<void>>;
  /** Ends the create that is going on for a node, by node id: nobody wants its machine any more. */
  unwanted: Map<string, AbortController>;
  /** Looks that are going on, by cluster id. */
  tending: Map<string, Promise<void>>;
  /** Takedowns that are going on, by cluster id. */
  takedowns: Map<string, Promise<void>>;
  /** Launches of a node that did not come to a join, by node id. */
  launches: Map<string, { failures: number; notBefore: number }>;
  /** Clusters whose machines are left where nobody reaches them: the user insists, by cluster id. */
  givenUp: Set<string>;
  /** Nodes whose machines their owner takes back: what they hold at the end counts as nothing. */
  going: Set<string>;
  /** Nodes that this process wrote down or made: it has seen the end of everything ordered for them. */
  own: Set<string>;
  /** When a cluster was last seen with work, by cluster id, in milliseconds of `clock.monotonic()`. */
  busyAt: Map<string, number>;
  /** When a px last waited for a cluster to come up, by cluster id, same clock. */
  attendedAt: Map<string, number>;
}

export const createFleet = (): Fleet => ({
  working: new Map(),
  unwanted: new Map(),
  tending: new Map(),
  takedowns: new Map(),
  launches: new Map(),
  givenUp: new Set(),
  going: new Set(),
  own: new Set(),
  busyAt: new Map(),
  attendedAt: new Map(),
});

/** Runs `work` for the key unless some is going on, which is then waited for instead. */
export const once = (
  going: Map<string, Promise<void>>,
  key: string,
  work: () => Promise<void>,
): Promise<void> => {
  const known = going.get(key);
  if (known !== undefined) return known;
  const started = work().finally(() => going.delete(key));
  going.set(key, started);
  return started;
};
