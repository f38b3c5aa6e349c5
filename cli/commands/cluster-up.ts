import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { LOCAL_CLUSTER } from '../../protocol/ids.ts';
import type { ClusterAccess, ClusterSpec } from '../../protocol/messages/clusters.ts';
import { clusterArgument, optionalArgument } from '../arguments.ts';
import { accessOf } from '../cluster/access.ts';
import { announce } from '../cluster/announce.ts';
import { askUp } from '../cluster/ask-up.ts';
import { awaitReady } from '../cluster/await-ready.ts';
import { withProvider } from '../cluster/choose-provider.ts';
import { cloudsToPrice } from '../cluster/clouds.ts';
import { onInterruption } from '../cluster/interruption.ts';
import { supported } from '../cluster/providers.ts';
import { sayChange, sayOffer } from '../cluster/say-offer.ts';
import { clusterSpec, SPEC_OPTIONS } from '../cluster/spec.ts';
import { tellToStayAwake } from '../cluster/stay-awake.ts';
import { undoUp } from '../cluster/take-down.ts';
import { differences, endWords, price, shape, usdPerHour } from '../cluster/words.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import { insist } from '../server/insist.ts';
import { SIGNAL_STATUS } from '../signal-status.ts';

interface Plan {
  name: string;
  spec: ClusterSpec;
}

/** Another number of nodes is no reason to take a cluster down. */
const hintFor = ({ name, spec }: Plan, is: ClusterSpec): string =>
  differences({ ...is, nodes: spec.nodes }, spec).length === 0
    ? `Give it so many: px cluster resize ${name} --nodes ${spec.nodes}`
    : `Keep it as it is, or take it down first: px cluster down ${name}`;

/** A refusal of another spec under the same name, with the difference in words. */
const explainDifference = async (client: Client, plan: Plan, error: unknown): Promise<unknown> => {
  if (!(error instanceof PxError) || error.code !== 'cluster_spec_differs') return error;
  const { spec } = await client.call('cluster', { params: { name: plan.name } });
  const lines = differences(spec, plan.spec).map((line) => `\n  ${line}`);
  return new PxError(
    'cluster_spec_differs',
    `Cluster ${plan.name} is up as another one:${lines.join('')}`,
    {
      hint: hintFor(plan, spec),
      details: { is: spec, asked: plan.spec },
    },
  );
};

const describe = (context: Context, { spec }: Plan): void => {
  const cluster = shape(spec.nodes, spec.cpusPerNode);
  context.output.say(`Chose [${spec.provider}]: ${cluster}; ${endWords(spec)}.`);
  context.output.say(`Costs ${price(usdPerHour(spec))}.`);
};

/** Brings the cluster up; what this command made goes down again where it is interrupted or fails. */
const bringUp = async (
  client: Client,
  context: Context,
  plan: Plan,
  access: ClusterAccess,
): Promise<number> => {
  const interruption = onInterruption(context);
  let created = false;
  try {
    const reply = await askUp(context, plan, access).catch(async (error: unknown) => {
      throw await explainDifference(client, plan, error);
    });
    created = reply.created;
    sayOffer(context, reply.cluster);
    const cluster = await awaitReady(client, context, reply.cluster, interruption.abort);
    await insist(context, (now) => now.call('clusterKeep', { params: { name: plan.name } }));
    sayChange(context, reply.cluster, cluster);
    if (cluster.spec.nodes !== plan.spec.nodes) {
      const words = `${plural(cluster.spec.nodes, 'node')}, asked for ${plan.spec.nodes}`;
      context.output.say(`Somebody has resized it meanwhile: ${words}.`);
    }
    announce(context, cluster);
    if (supported(plan.spec.provider)?.isFar === true) tellToStayAwake(context);
    if (context.json) context.output.json(cluster);
    return 0;
  } catch (error) {
    if (created) await undoUp(context, plan.name);
    const signal = interruption.received();
    if (signal === null) throw error;
    return SIGNAL_STATUS[signal];
  } finally {
    interruption.undo();
  }
};

const refuseLocalName = (name: string): void => {
  if (name !== LOCAL_CLUSTER) return;
  throw new PxError(
    'bad_request',
    `The cluster \`${LOCAL_CLUSTER}\` is this machine: it comes up by itself.`,
    {
      hint: "px run 'echo hello'",
    },
  );
};

export const clusterUp: Command = {
  path: ['cluster', 'up'],
  summary: 'bring a cluster up and wait until every node is ready',
  positionals: '[NAME]',
  options: [...SPEC_OPTIONS, { name: 'dry-run', summary: 'print the plan and touch nothing' }],
  example: 'px cluster up demo --provider local --nodes 2 --cpus 2',
  details: `
With --dry-run the clouds' offers are ranked by price, which needs no account and touches nothing:
  px cluster up demo --provider gcp,aws --cpus 4 --region us --spot --dry-run

What is not given comes from px.yaml, where there is one; the provider, where nobody names one, is the cloud
of the buckets in mounts, else the only one whose credentials are found. The same cluster again is a no-op; another
one under the same name prints the difference and ends with 125. Ctrl-C takes down what was created.`,
  handler: async (parsed, context) => {
    const project = await context.project();
    if (project.configPath !== null) context.output.say('Reading [px.yaml]');
    const name = await clusterArgument(optionalArgument(parsed), context);
    refuseLocalName(name);
    const dryRun = parsed.flag('dry-run');
    const section = await withProvider(context, parsed, project.config, name);
    const clouds = dryRun ? cloudsToPrice(parsed, section) : [];
    if (clouds.length > 0) {
      const { showOffers } = await import('../cluster/show-offers.ts');
      return showOffers({ name, clouds, parsed, section }, context);
    }
    const { spec, ignored } = clusterSpec(parsed, section, name);
    const plan = { name, spec };
    const client = dryRun ? null : await context.client();
    const words = supported(spec.provider);
    if (words?.isCloud === false) context.output.say(words.connected);
    else context.output.detail(words?.connected ?? '');
    if (ignored.length > 0) {
      context.output.warn(`Provider ${spec.provider} has no use for: ${ignored.join(', ')}`);
    }
    if (words?.isCloud === false) describe(context, plan);
    const access = accessOf(context.env, {
      acceptNewHostKeys: parsed.flag('accept-new-host-keys'),
      ...(parsed.flag('create-network') ? { createNetwork: true } : {}),
      ...(context.yes ? { agreesToAny: true } : {}),
    });
    if (client !== null) return bringUp(client, context, plan, access);
    if (context.json) context.output.json({ ...plan, usdPerHour: usdPerHour(spec) });
    else context.output.say(`Nothing was touched. To bring it up, leave --dry-run out.`);
    return 0;
  },
};
