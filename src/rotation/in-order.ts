/**
 * Works on several items at once, and gives the results in the order of the items. The work on the next ones goes on while the caller
 * uses a result.
 *
 * @param atOnce - how many items, 1 or more, besides the one that the caller has
 * @throws what `items` or `work` throws, in its place in the order
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const iterator = items[Symbol.asyncIterator]();
  const started: Promise<{ readonly value: Result } | null>[] = [];

  function start(): void {
    const one = iterator.next().then(async ({ done, value }) => (done === true ? null : { value: await work(value) }));
    // Its failure surfaces when its turn comes; a caller that stops early never awaits it.
    one.catch(() => {});
    started.push(one);
  }

  try {
    for (let count = 0; count < atOnce; count += 1) start();
    for (;;) {
      const result = await started.shift();
      if (result === undefined || result === null) return;
      start();
      yield result.value;
    }
  } finally {
    // Not awaited: it ends when the read under way does, which may be never.
    iterator.return?.().catch(() => {});
  }
}
