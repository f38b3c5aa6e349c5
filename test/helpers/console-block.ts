import { spawn } from 'node:child_process';
import { join } from 'node:path';

const BIN = join(import.meta.dirname, '../../bin');

/** What a reader types, and what the page says comes of it. */
interface Step {
  /** Lines as they stand, with `$ ` and `> `. */
  typed: string[];
  command: string;
  output: string;
}

/** `$ command`, `> its next line`, then output up to the next command. */
const stepsOf = (text: string): Step[] => {
  const steps: Step[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) {
      steps.push({ typed: [line], command: line.slice(2), output: '' });
    } else if (line.startsWith('> ') && last?.output === '') {
      last.typed.push(line);
      last.command += `\n${line.slice(2)}`;
    } else if (last !== undefined) last.output += `${line}\n`;
  }
  return steps;
};

/** Between the outputs of two commands; no program prints it. */
const MARK = '\u0001end\u0001';

const script = (steps: readonly Step[]): string =>
  [
    'exec 2>&1',
    'status=0',
    // The subshell hands `$?` on, so that a page can show it.
    ...steps.map(({ command }) => `(exit $status)\n${command}\nstatus=$?; printf '${MARK}'`),
  ].join('\n');

const run = (text: string, folder: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const bash = spawn('bash', ['--norc', '--noprofile', '-c', text], {
      cwd: join(folder, 'project'),
      env: {
        PATH: `${BIN}:${process.env.PATH}`,
        HOME: folder,
        PX_HOME: join(folder, '.px'),
        LANG: 'C.UTF-8',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const parts: Buffer[] = [];
    bash.stdout.on('data', (part: Buffer) => parts.push(part));
    bash.on('error', reject);
    bash.on('close', () => resolve(Buffer.concat(parts).toString()));
  });

/**
 * Runs the commands of a console block in `project` of a home folder; gives the block with what they
 * really print.
 */
export const replay = async (text: string, folder: string): Promise<string> => {
  const steps = stepsOf(text);
  const outputs = (await run(script(steps), folder)).split(MARK);
  return steps
    .map(({ typed }, index) => {
      const output = (outputs[index] ?? '').replaceAll(folder, '/home/you');
      const ended = output === '' || output.endsWith('\n') ? output : `${output}\n`;
      return `${typed.join('\n')}\n${ended}`;
    })
    .join('');
};

const VARYING: readonly [RegExp, string][] = [
  [/\b[jcn][0-9a-z]{10}\b/g, 'ID'],
  [/\b[0-9a-f]{64}\b/g, 'SHA'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'MOMENT'],
  [/\b\d+(\.\d+)?(s|m\d\ds)\b/g, 'TIME'],
  [/\bprocess \d+/g, 'process PID'],
  [/127\.0\.0\.1:\d+/g, 'ADDRESS'],
  [/\b\d+(\.\d+)? ([KMGT]?B)\b/g, 'SIZE'],
  [/\b(Node|git version|px|node:) +v?\d+\.\d+\.\d+/g, '$1 VERSION'],
];

/** What differs from run to run is replaced; runs of blanks, which align it, too. */
export const normalised = (text: string): string =>
  VARYING.reduce((all, [pattern, name]) => all.replaceAll(pattern, name), text).replaceAll(
    / {2,}/g,
    ' ',
  );
