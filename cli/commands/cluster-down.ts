import { PxError } from '../../protocol/errors.ts';
import type { ClusterView } from '../../protocol/messages/clusters.ts';
import { clusterArgument, optionalArgument } from '../arguments.ts';
import { downStray } from '../cluster/strays.ts';
import { takeDown, whatIsLeft } from '../cluster/take-down.ts';
import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import { ERROR_STATUS } from '../report-error.ts';
import { insist } from '../server/insist.ts';

/** What would be lost, in words; null where nothing would. */
const losses = ({ runningJobs, uncollectedJobs }: ClusterView): string | null => {
  const words = [
    ...(runningJobs > 0 ? [`${plural(runningJobs, 'job')} not ended`] : []),
    ...(uncollectedJobs > 0 ? [`files of ${plural(uncollectedJobs, 'job')} not fetched`] : []),
  ];
  return words.length === 0 ? null : words.join(', ');
};

/** Whether to force; throws where somebody would have to agree and nobody does. */
const agreeToLose = async (context: Context, cluster: ClusterView): Promise<boolean> => {
  const lost = losses(cluster);
  if (lost === null) return false;
  if (await confirm(context, `Cluster ${cluster.name} has ${lost}. Take it down?`)) return true;
  throw new PxError('cluster_busy', `Cluster ${cluster.name} has ${lost}.`, {
    hint: `Look: px job ls --cluster ${cluster.name}.${cluster.uncollectedJobs > 0 ? ' Fetch files: px job pull ID.' : ''} Take it down anyway: px cluster down ${cluster.name} --force`,
  });
};

export const clusterDown: Command = {
  path: ['cluster', 'down'],
  summary: 'take a cluster down and print what is left',
  positionals: '[NAME]',
  options: [
    { name: 'force', short: 'f', summary: 'even while a job runs or files are not fetched' },
    { name: 'stray', summary: 'delete the machine NAME, which no cluster knows' },
  ],
  example: `
px cluster down demo
px cluster down px-demo-n4k2j7q9w1x --stray`,
  details: `
Without NAME it is cluster.name of px.yaml. Jobs of the cluster that have not ended are canceled. On
a terminal px asks before anything is lost; elsewhere it wants --force or --yes. With --stray NAME is a
machine of px cluster ls --all, and px asks always.`,
  handler: async (parsed, context) => {
    if (parsed.flag('stray')) return downStray(parsed, context);
    const name = await clusterArgument(optionalArgument(parsed), context);
    const before = await insist(context, (client) => client.call('cluster', { params: { name } }));
    if (before.state === 'down') {
      if (context.json) context.output.json(before);
      else context.output.say(`Cluster ${name} is down already.`);
      return 0;
    }
    const force = parsed.flag('force') || (await agreeToLose(context, before));
    const cluster = await takeDown(context, name, force);
    const left = whatIsLeft(cluster);
    context.output.say(`Cluster down [${name}]. Left: ${left.join(', ') || 'nothing'}.`);
    if (context.json) context.output.json(cluster);
    return left.length === 0 ? 0 : ERROR_STATUS;
  },
};
