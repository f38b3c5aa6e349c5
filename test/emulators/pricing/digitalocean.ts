import type { Shelf } from './server.ts';

const size = (slug: string, vcpus: number, memoryGib: number, usd: number, more: object = {}) => ({
  slug,
  memory: memoryGib * 1024,
  vcpus,
  disk: 25 * vcpus,
  transfer: 4,
  price_monthly: usd * 672,
  price_hourly: usd,
  regions: ['nyc1', 'fra1'],
  available: true,
  description: 'Droplet',
  ...more,
});

const SIZES = [
  size('s-2vcpu-4gb', 2, 4, 0.03571),
  size('c-4', 4, 8, 0.125),
  size('g-4vcpu-16gb', 4, 16, 0.1875, { regions: ['nyc1'] }),
  size('gpu-h100x1-80gb', 20, 240, 3.39, {
    gpu_info: { count: 1, vram: { amount: 80, unit: 'gib' }, model: 'nvidia_h100' },
  }),
  size('m-1vcpu-8gb', 1, 8, 0.06, { available: false }),
];

const PAGE = 2;

const json = (value: unknown) => ({ type: 'application/json', body: JSON.stringify(value) });

const TOKEN = 'Bearer do-token';

const UNKNOWN = {
  ...json({ id: 'Unauthorized', message: 'Unable to authenticate you' }),
  status: 401,
};

/** DigitalOcean's sizes, two a page, with a token. */
export const digitalOceanShelf = (): Shelf => ({
  '/v2/regions': (_, { headers }) =>
    headers.authorization === TOKEN
      ? json({
          regions: [
            { slug: 'fra1', name: 'Frankfurt 1', available: true },
            { slug: 'nyc1', name: 'New York 1', available: false },
          ],
        })
      : UNKNOWN,
  '/v2/sizes': (url, request) => {
    if (request.headers.authorization !== TOKEN) return UNKNOWN;
    const page = Number(url.searchParams.get('page') ?? 1);
    const isLast = page * PAGE >= SIZES.length;
    const next = `https://api.digitalocean.com/v2/sizes?page=${page + 1}&per_page=200`;
    return json({
      sizes: SIZES.slice((page - 1) * PAGE, page * PAGE),
      links: isLast ? {} : { pages: { next, last: next } },
      meta: { total: SIZES.length },
    });
  },
});

export const digitalOceanAccount = {
  digitalocean: { headers: async () => ({ authorization: 'Bearer do-token' }) },
};
