import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { PxError } from '../../protocol/errors.ts';
import type { NodeSsh } from '../../protocol/messages/clusters.ts';
import { clusterArgument } from '../arguments.ts';
import { missingSsh, sshNodes, sshWords } from '../cluster/ssh.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { typed } from '../typed.ts';

const SIGNAL_BASE = 128;

/** The node by its name, or by its number alone; the first without a word. */
const chosen = (nodes: readonly NodeSsh[], cluster: string, word: string | undefined): NodeSsh => {
  const found = nodes.find(
    ({ node }) => word === undefined || node === word || node === `${cluster}-${word}`,
  );
  if (found !== undefined) return found;
  const names = nodes.map(({ node }) => node).join(', ');
  throw new PxError(
    'bad_request',
    `Expected a node of ${cluster} (${names}), got ${typed(word ?? '')}.`,
  );
};

/** 5 s: a third of the shortest idle_timeout of machines elsewhere. */
const HOLD_EVERY_MS = 5000;

/** Says now and then that the cluster is in use, so that it does not go down under a session. */
const holdUp = async (context: Context, name: string, signal: AbortSignal): Promise<void> => {
  await context.sleep(HOLD_EVERY_MS, signal);
  while (!signal.aborted) {
    // A control plane that restarts is back for the next one.
    await sshNodes(context, name).catch(() => undefined);
    await context.sleep(HOLD_EVERY_MS, signal);
  }
};

export const clusterSsh: Command = {
  path: ['cluster', 'ssh'],
  summary: "open a shell on a node, with the system's ssh and the pinned host key",
  positionals: '[NAME [NODE]] [-- CMD …]',
  example: `
px cluster ssh demo
px cluster ssh demo demo-1 -- df -h`,
  details: `
NODE is a node's name or number; without it, the first. What stands behind -- runs there instead of a
shell; its status is that of px. To copy files or to use an editor: px cluster ssh-config.`,
  handler: async (parsed, context) => {
    const [word, node, extra] = parsed.positionals;
    if (extra !== undefined) {
      throw new PxError('bad_request', `Expected no further argument, got ${typed(extra)}.`, {
        hint: 'A command stands behind --: px cluster ssh demo 0 -- uname -a',
      });
    }
    const name = await clusterArgument(word, context);
    const nodes = await sshNodes(context, name);
    const one = chosen(nodes, name, node);
    const words = sshWords(context, name, nodes).get(one.node)?.words ?? [];
    const argv = [...words, ...(parsed.rest === null ? [] : ['--', ...parsed.rest])];
    const ssh = spawn('ssh', argv, { stdio: 'inherit' });
    // Keys that end a program are ssh's affair, which hands them to the node.
    const undo = context.onSignal(() => undefined);
    const over = new AbortController();
    const holding = holdUp(context, name, over.signal);
    try {
      const [status, signal] = await once(ssh, 'exit');
      if (typeof status === 'number') return status;
      return SIGNAL_BASE + (constants.signals[signal as NodeJS.Signals] ?? 0);
    } catch (cause) {
      throw missingSsh(cause);
    } finally {
      undo();
      over.abort();
      await holding;
    }
  },
};
