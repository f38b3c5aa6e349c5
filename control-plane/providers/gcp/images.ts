import type { Compute } from './compute.ts';
import { imageFor } from './shape.ts';

/** Links of boot images by architecture; each family is asked for once an hour. */
export const createImages = () => {
  const HOUR_MS = 3_600_000;
  const known = new Map<string, { link: Promise<string>; at: number }>();
  /** `named`: a family or link of the user's own. */
  return (compute: Compute, arch: string, named: string | undefined): Promise<string> => {
    if (named !== undefined) return Promise.resolve(named);
    const now = compute.clock.monotonic();
    const found = known.get(arch);
    if (found !== undefined && now - found.at < HOUR_MS) return found.link;
    const link = compute.call(async ({ images }, options) => {
      const [image] = await images().getFromFamily(imageFor(arch), options);
      return image.selfLink ?? '';
    });
    known.set(arch, { link, at: now });
    link.catch(() => known.delete(arch));
    return link;
  };
};
