import { costReport } from '../costs/report.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';

/** Money: what was spent and what is being spent. */
export const costHandlers = ({ db, clock }: Deps): Pick<Handlers, 'costs'> => ({
  costs: async ({ query }) => {
    const by = query.by ?? 'cluster';
    const items = costReport(db, by, clock.now());
    return { by, items, totalUsd: items.reduce((sum, { usd }) => sum + usd, 0) };
  },
});
