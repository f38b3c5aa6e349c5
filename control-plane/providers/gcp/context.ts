import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type ClusterSpec, NodeOffer } from '../../../protocol/messages/clusters.ts';
import type { Limit } from '../../limit.ts';
import type { Tools } from '../../machines/command.ts';
import type { Machines } from '../../machines/machines.ts';
import type { ClusterRanking } from '../../pricing/pricing.ts';
import type { Requirements } from '../../pricing/requirements.ts';
import type { NodeSite } from '../provider.ts';
import type { Doubts } from './doubts.ts';
import type { createImages } from './images.ts';
import { type OwnKey, ownKey } from './key.ts';
import { LABELS } from './machines.ts';
import { GcpPlan } from './plan.ts';
import { TUNNEL_RANGE } from './reach.ts';
import type { createSessions, Session, SessionOptions } from './session.ts';
import { labelValue, machineName } from './shape.ts';
import type { createWatch } from './watch.ts';

/** What the provider is given. */
export interface GcpOptions extends SessionOptions {
  /** PX_HOME. */
  home: string;
  machines: Machines;
  /** What the ssh programs know of this machine. */
  tools: Tools;
  /** The offers that satisfy requirements, cheapest first. */
  rank: (wanted: Requirements) => Promise<ClusterRanking>;
  /** What the cloud was asked to make shows in its lists within so many milliseconds. */
  settleMs: number;
}

/** The same with what it keeps between calls. */
export interface Context extends GcpOptions {
  sessions: ReturnType<typeof createSessions>;
  images: ReturnType<typeof createImages>;
  watch: ReturnType<typeof createWatch>;
  /** When the firewall rule was last looked at for a cluster, by its id, `clock.monotonic()`. */
  doorsAt: Map<string, number>;
  /** Changes of firewall rules, by project: one at a time. */
  turns: Map<string, Limit>;
  /** Orders whose end nobody here has heard. */
  doubts: Doubts;
  /** Ids of machines that this process deleted: nobody has to ask for them. */
  deleted: Set<string>;
  /** Machines that are being made: until then nobody is the last one. */
  launching: { count: number };
  /** Machines whose host keys are waited for: they share what a project may ask. */
  booting: { count: number };
}

/** What is written down of a machine that was made. */
export const GcpRef = z.object({
  id: z.string(),
  name: z.string(),
  zone: z.string(),
  spot: z.boolean(),
  /** Null: through Google's tunnel. */
  address: z.string().nullable(),
  hostKeys: z.array(z.string()),
  offer: NodeOffer,
  /** When the cloud began to count its disk, and the rest; milliseconds since 1970. */
  createdAt: z.number(),
  startedAt: z.number(),
  phases: z.record(z.string(), z.number()),
});
export type GcpRef = z.infer<typeof GcpRef>;

export const planOf = ({ plan }: NodeSite): GcpPlan => GcpPlan.parse(plan);

/** The account of a node's cluster, as its last `up` named it. */
export const sessionOf = (context: Context, site: NodeSite): Promise<Session> =>
  context.sessions.get(site.access.env, planOf(site).account.project);

export const nameOf = (site: NodeSite, nodeId: string): string =>
  machineName(site.clusterName, nodeId);

/** Name of the firewall rule, and the tag of the machines that it opens. */
export const tagOf = (context: Context): string => `px-${context.controlPlane()}`;

const OWNER_CHARS = 16;

/** Labels of a cluster's machines. The owner stands there hashed: labels are seen by many. */
export const labelsOf = (context: Context, site: NodeSite): Record<string, string> => {
  const owner = createHash('sha256')
    .update(site.access.env.HOME ?? '')
    .digest('hex');
  return {
    [LABELS.controlPlane]: context.controlPlane(),
    [LABELS.cluster]: labelValue(site.clusterName),
    [LABELS.owner]: owner.slice(0, OWNER_CHARS),
    [LABELS.created]: String(Math.floor(context.clock.now() / 1000)),
  };
};

/** Made once, however many ask at the same time. */
const keys = new Map<string, Promise<OwnKey>>();
export const keyOf = ({ tools, home }: Context): Promise<OwnKey> => {
  const known = keys.get(home) ?? ownKey(tools, home);
  keys.set(home, known);
  known.catch(() => keys.delete(home));
  return known;
};

/** How many nodes have an external address; they are the first ones. */
export const addressesOf = ({
  externalIp = 'all',
  nodes,
}: Pick<ClusterSpec, 'externalIp' | 'nodes'>): number =>
  ({ all: nodes, head: 1, none: 0 })[externalIp];

/** Who may come in: this machine as the internet sees it, Google's tunnels, or both. */
export const sourcesOf = async ({ rest }: Session, spec: ClusterSpec): Promise<string[]> => {
  const addresses = addressesOf(spec);
  return [
    ...(addresses > 0 ? [`${await rest.callerAddress()}/32`] : []),
    ...(addresses < spec.nodes ? [TUNNEL_RANGE] : []),
  ];
};
