import { setImmediate } from 'node:timers/promises';
import type { Row, Store } from './store.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Values are usually short; if one is not, fewer are read at a time. */
const PAGE_BYTES = 4 * 1024 * 1024;
const PAGE_ROWS = 500;

/** @returns how many rows to read at a time, given the bytes of the longest */
function rowsPerPage(largestRow: number): number {
  return Math.max(1, Math.min(PAGE_ROWS, Math.floor(PAGE_BYTES / largestRow)));
}

/**
 * Reads the table in pages, by keyset pagination: the next page begins after the last id that was read, so rows that are deleted or
 * inserted in the meantime neither end the reading nor shift it. The next page is read while the caller works on this one. A row that
 * the index on the id misses is not among them.
 *
 * @param largestRow - the bytes of the longest row
 * @param expectedRows - how many there are. The reading ends at twice as many, since rows can be added faster than it reads
 * @throws what the store throws; the signal's reason as soon as it is aborted
 */
export async function* readPages(
  store: Store,
  largestRow: number,
  expectedRows: number,
  signal: AbortSignal,
): AsyncGenerator<Row[], void, void> {
  const limit = rowsPerPage(largestRow);
  let left = 2 * expectedRows + PAGE_ROWS;
  let page = await unlessAborted(signal, () => store.readPage(null, limit));
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    const next = store.readPage(last.id, limit);
    // A caller that stops early never awaits the page ahead: its failure must not end the process.
    next.catch(() => {});
    // One turn of the event loop, so that the query is sent before the caller's work blocks it.
    await setImmediate();
    yield page;
    left -= page.length;
    if (left < 0) return;
    page = await unlessAborted(signal, () => next);
  }
}

/**
 * Reads the rows of a list, in its order.
 *
 * @param onMissing - is called with each id that is not found
 */
export async function* readListed(
  store: Store,
  ids: readonly string[],
  largestRow: number,
  signal: AbortSignal,
  onMissing: (id: string) => void,
): AsyncGenerator<Row[], void, void> {
  const limit = rowsPerPage(largestRow);
  for (let from = 0; from < ids.length; from += limit) {
    const wanted = ids.slice(from, from + limit);
    const found = await readExactly(store, wanted, signal);
    for (const id of wanted) if (!found.has(id)) onMissing(id);
    yield wanted.flatMap((id) => found.get(id) ?? []);
  }
}

/** By id, and only those that were asked for: equality in the database may be looser than ours, for example ignore case. */
export async function readExactly(store: Store, ids: readonly string[], signal: AbortSignal): Promise<Map<string, Row>> {
  const rows = await unlessAborted(signal, () => store.readRows(ids));
  const found = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    ids.flatMap((id) => {
      const row = found.get(id);
      return row === undefined ? [] : [[id, row]];
    }),
  );
}
