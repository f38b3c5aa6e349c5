import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import type { Output } from '../output/output.ts';
import { plural, size } from '../output/units.ts';

const BAR_CELLS = 20;

type Progress = Extract<SyncEvent, { t: 'progress' }>;

const bar = (done: number, parts: number): string => {
  const filled = Math.round((BAR_CELLS * done) / Math.max(1, parts));
  return '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
};

const sum = (all: readonly Progress[], key: 'done' | 'parts' | 'rows' | 'bytes'): number =>
  all.reduce((total, each) => total + each[key], 0);

/** Draws one bar for all sources on a terminal, and a line for each that ends. */
export const createSyncProgress = (output: Output) => {
  const latest = new Map<string, Progress>();
  const ended = new Set<string>();
  const redraw = (): Promise<void> => {
    const all = [...latest.values()];
    if (all.every(({ source }) => ended.has(source))) return output.bar('');
    const share = `${bar(sum(all, 'done'), sum(all, 'parts'))} ${sum(all, 'done')}/${sum(all, 'parts')} lists`;
    return output.bar(`<px> ${share} · ${sum(all, 'rows')} offers · ${size(sum(all, 'bytes'))}`);
  };
  return {
    show: async (event: SyncEvent): Promise<void> => {
      switch (event.t) {
        case 'progress':
          latest.set(event.source, event);
          return redraw();
        case 'retry':
          output.detail(`${event.source}: ${event.message}; trying again.`);
          return redraw();
        case 'notice':
          await output.bar('');
          output.warn(`[${event.source}] ${event.message}`);
          return redraw();
        case 'done': {
          ended.add(event.source);
          await output.bar('');
          // A notice has said why.
          if (event.offers === 0) return redraw();
          const left = event.skipped > 0 ? `, ${event.skipped} left out` : '';
          output.say(`Synced [${event.source}]: ${plural(event.offers, 'offer')}${left}. ✅`);
          return redraw();
        }
        case 'failed':
          ended.add(event.source);
          await output.bar('');
          output.warn(`[${event.source}] ${event.message}`);
          return redraw();
      }
    },
    end: (): Promise<void> => output.bar(''),
  };
};
