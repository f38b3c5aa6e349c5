/** One page of a list route. */
interface Page<Item> {
  items: Item[];
  next: string | null;
}

/** 1,000 rows a request: the most that a list route gives. */
const PAGE_ROWS = 1000;

/** Walks the pages of a list route, at most `limit` items; memory is bounded by the caller's limit. */
export const collectPages = async <Item>(
  fetchPage: (query: { limit: number; cursor?: string }) => Promise<Page<Item>>,
  limit: number,
): Promise<Item[]> => {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const left = Math.min(PAGE_ROWS, limit - items.length);
    const page: Page<Item> = await fetchPage({
      limit: left,
      ...(cursor === null ? {} : { cursor }),
    });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < limit);
  return items;
};
