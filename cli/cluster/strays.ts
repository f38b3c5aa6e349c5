import { PxError } from '../../protocol/errors.ts';
import type { Stray, StraysAsk } from '../../protocol/messages/strays.ts';
import { optionalArgument } from '../arguments.ts';
import type { Parsed } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { age } from '../output/units.ts';
import { accessOf } from './access.ts';

const HEAD = ['STRAY', 'STATUS', 'TYPE', 'ZONE', 'PROJECT', 'CLUSTER', 'MADE BY', 'AGE'];

const askOf = async (context: Context): Promise<StraysAsk> => {
  const { cluster } = (await context.project()).config;
  const { env, hostKeys, acceptNewHostKeys } = accessOf(context.env, { acceptNewHostKeys: false });
  const access = { env, hostKeys, acceptNewHostKeys };
  return cluster?.project === undefined ? { access } : { access, project: cluster.project };
};

/** Machines with px's labels that no cluster knows; accounts that do not answer are warned of. */
export const findStrays = async (context: Context): Promise<readonly Stray[]> => {
  const client = await context.client();
  const { items, problems } = await client.call('strays', { json: await askOf(context) });
  for (const problem of problems) context.output.warn(problem);
  return items;
};

const madeBy = ({ isOwn, controlPlane }: Stray): string =>
  isOwn ? 'this px' : controlPlane.slice(0, 16);

export const showStrays = (context: Context, strays: readonly Stray[]): void => {
  context.output.table(
    HEAD,
    strays.map((stray) => [
      ...[stray.name, stray.status, stray.instanceType, stray.zone, stray.project],
      ...[stray.cluster || '-', madeBy(stray) || '-', age(context.now() - stray.createdAt)],
    ]),
  );
  context.output.say("No cluster here knows these machines, which carry px's labels.");
  context.output.say(`Delete one, if it is nobody's: px cluster down ${strays[0]?.name} --stray`);
};

const findOne = (strays: readonly Stray[], name: string): Stray => {
  const [found, second] = strays.filter((stray) => stray.name === name);
  if (found !== undefined && second === undefined) return found;
  const message =
    found === undefined ? `There is no stray ${name}.` : `Several strays are called ${name}.`;
  throw new PxError('not_found', message, {
    hint: 'See those that are there: px cluster ls --all',
  });
};

/** Deletes a machine that no cluster knows, after asking. */
export const downStray = async (parsed: Parsed, context: Context): Promise<number> => {
  const name = optionalArgument(parsed);
  if (name === undefined) {
    throw new PxError('bad_request', 'Expected the name of a stray, got nothing.', {
      hint: 'See those that are there: px cluster ls --all',
    });
  }
  const stray = findOne(await findStrays(context), name);
  const made = age(context.now() - stray.createdAt);
  const what = `${name} in ${stray.zone}, made ${made} ago by ${madeBy(stray)}`;
  if (!parsed.flag('force') && !(await confirm(context, `Delete ${what}, with its disk?`))) {
    throw new PxError('needs_agreement', `Nobody agreed to delete ${what}.`, {
      hint: `px cluster down ${name} --stray --yes`,
    });
  }
  const client = await context.client();
  const json = { ...(await askOf(context)), name, id: stray.id };
  await client.call('strayDelete', { json });
  context.output.say(`Deleted [${name}].`);
  if (context.json) context.output.json(stray);
  return 0;
};
