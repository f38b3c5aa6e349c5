import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AccountIo } from './accounts.ts';

/** `az` starts a Python of its own, and may have to renew its token. */
const TIMEOUT_MS = 60_000;

const exec = promisify(execFile);

/** Runs a cloud's own tool. What it says when it fails comes on several lines: the first one counts. */
export const runTool: AccountIo['run'] = async (command, args, env) => {
  try {
    const { stdout } = await exec(command, [...args], { env, timeout: TIMEOUT_MS });
    return stdout;
  } catch (cause) {
    const failed = cause as Error & { code?: unknown; stderr?: string };
    if (failed.code === 'ENOENT') throw new Error(`There is no program ${command}.`, { cause });
    const [line = ''] = (failed.stderr ?? '').trim().split('\n');
    throw new Error(`${command}: ${line === '' ? failed.message : line}`, { cause });
  }
};
