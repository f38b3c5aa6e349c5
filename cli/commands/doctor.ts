import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { accounts } from '../doctor/accounts.ts';
import { type Check, type Finding, fail, type RunTool, reason } from '../doctor/check.ts';
import { controlPlane } from '../doctor/control-plane.ts';
import { diskSpace, homeFileSystem, homeWritable } from '../doctor/home.ts';
import { clock, git, loopback, mkfifo, nodeVersion, shell, ssh } from '../doctor/system.ts';
import { visible } from '../output/visible.ts';

/** 10 s: a tool that hangs is a finding too. */
const TOOL_TIMEOUT_MS = 10_000;

/** In the order in which a later one needs an earlier one. */
const CHECKS: Readonly<Record<string, Check>> = {
  node: nodeVersion,
  home: homeWritable,
  filesystem: homeFileSystem,
  disk: diskSpace,
  clock,
  shell,
  mkfifo,
  git,
  ssh,
  loopback,
  server: controlPlane,
  accounts,
};

const lineOf = ({ check, state, message, advice }: Finding): string =>
  `${state.padEnd(4)}  ${check.padEnd(10)}  ${visible(message.replace(/\.$/, ''))}${advice === null ? '' : `. ${visible(advice)}`}\n`;

const examine = async (
  context: Context,
  print: (finding: Finding) => Promise<void>,
): Promise<Finding[]> => {
  const run: RunTool = async (file, args) => {
    const env = { PATH: context.env.PATH };
    const { stdout } = await promisify(execFile)(file, [...args], {
      env,
      timeout: TOOL_TIMEOUT_MS,
    });
    return stdout;
  };
  const findings: Finding[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    const finding = await check({ context, run }).catch((error: unknown) =>
      fail(name, reason(error), 'Repair what it names, then: px doctor'),
    );
    findings.push(finding);
    await print(finding);
  }
  return findings;
};

/** px's own errors are 125. */
const FAILED_STATUS = 125;

export const doctor: Command = {
  path: ['doctor'],
  summary: 'check this machine and say what to do',
  example: 'px doctor',
  details: 'Each line is ok, warn or fail, with what to do. Ends with 125 where one is fail.',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const { output, json } = context;
    const findings = await examine(context, async (finding) => {
      if (!json) await output.write(1, Buffer.from(lineOf(finding)));
    });
    if (json) output.json(findings);
    return findings.some(({ state }) => state === 'fail') ? FAILED_STATUS : 0;
  },
};
