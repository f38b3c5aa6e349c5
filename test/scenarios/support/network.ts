import { decodeFrames } from '../../../protocol/frames.ts';
import { ReportFrame, ReportReply } from '../../../protocol/messages/worker.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { type FaultProxy, type Rule, startFaultProxy } from '../../helpers/fault-proxy.ts';
import { makePx, type Px, type PxOptions } from '../../helpers/px-process.ts';

/** 3 s instead of 30: a test that waits for a lease to expire is over sooner. */
export const SHORT_LEASE_MS = 3_000;

/** A px that is closed, and looked over for what is left, when the test ends. */
export const usePx = (t: Cleanup, options: PxOptions = {}): Px => {
  const px = makePx(options);
  t.after(() => px.close());
  return px;
};

/** What the proxy saw of the reports. */
interface Seen {
  ok: number;
  stale: number;
  gap: number;
  /** Chunks and completions that were acknowledged again. */
  repeated: number;
}

const watchReports = (proxy: FaultProxy): Seen => {
  const seen: Seen = { ok: 0, stale: 0, gap: 0, repeated: 0 };
  const acknowledged = new Set<string>();
  proxy.onAnswer((passing, answer) => {
    if (!passing.path.startsWith('/v1/worker/report') || answer.status !== 200) return;
    const { results } = ReportReply.parse(JSON.parse(answer.body.toString()));
    for (const { status } of results) seen[status] += 1;
    const good = new Set(results.filter(({ status }) => status === 'ok').map(({ epoch }) => epoch));
    for (const { header } of decodeFrames(passing.body)) {
      const frame = ReportFrame.parse(header);
      if (!good.has(frame.epoch) || (frame.t !== 'chunk' && frame.t !== 'done')) continue;
      const name = `${frame.epoch} ${frame.t === 'chunk' ? frame.seq : 'done'}`;
      if (acknowledged.has(name)) seen.repeated += 1;
      acknowledged.add(name);
    }
  });
  return seen;
};

/** A px whose local nodes reach the control plane through a fault proxy. */
export const useFaultyPx = async (
  t: Cleanup,
  { rules = [], seed = 1, ...options }: PxOptions & { rules?: readonly Rule[]; seed?: number },
): Promise<{ px: Px; proxy: FaultProxy; seen: Seen }> => {
  let home: Px | undefined;
  const target = () => {
    if (home === undefined) throw new Error('The px is not made yet');
    return home.server().url;
  };
  const proxy = await startFaultProxy({ target, seed, rules });
  home = makePx({ workerUrl: proxy.url, ...options });
  const px = home;
  t.after(async () => {
    proxy.setRules([]);
    proxy.heal();
    await px.close().finally(() => proxy.close());
  });
  return { px, proxy, seen: watchReports(proxy) };
};
