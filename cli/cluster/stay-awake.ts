import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';

/** The file that says that this was said. */
const TOLD = 'told-to-stay-awake';

/** Says once in the life of a PX_HOME what a control plane on a laptop means for nodes elsewhere. */
export const tellToStayAwake = ({ home, output }: Context): void => {
  const file = join(home, TOLD);
  if (existsSync(file)) return;
  writeFileSync(file, '');
  output.say('The nodes are served from this machine: it has to stay awake and connected.');
  output.say('While it sleeps, what runs goes on for up to 12 minutes; after that it runs again.');
  output.say('For jobs that outlast the lid, let a machine that stays up serve: px server deploy');
};
