import { setImmediate } from 'node:timers/promises';
import { type Row, type Store, storedBytes } from './store.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Values are short as a rule; where they are not, fewer of them are read at a time. */
const PAGE_BYTES = 4 * 1024 * 1024;
const FIRST_PAGE_ROWS = 100;
const PAGE_ROWS = 1000;

/**
 * Reads the whole table in pages, by keyset pagination: the next page begins after the last id that was read, so rows
 * that are deleted or inserted meanwhile neither end the reading nor shift it. The next page is read while the
 * caller works on this one; no more than two are in memory.
 *
 * @throws what the store throws, and the signal's reason as soon as it is aborted
 */
export async function* readPages(store: Store, signal: AbortSignal): AsyncGenerator<Row[], void, void> {
  let page = await unlessAborted(signal, () => store.readPage(null, FIRST_PAGE_ROWS));
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    const bytesPerRow = page.reduce((sum, row) => sum + storedBytes(row), 0) / page.length;
    const next = store.readPage(last.id, Math.max(1, Math.min(PAGE_ROWS, Math.floor(PAGE_BYTES / bytesPerRow))));
    // A caller that stops early never awaits the page ahead: its failure must not end the process.
    next.catch(() => {});
    // One turn of the event loop, so that the query leaves before the caller's work keeps it from leaving.
    await setImmediate();
    yield page;
    page = await unlessAborted(signal, () => next);
  }
}
