import { storedBytes } from '../layout/layout.ts';
import { inOrder } from './in-order.ts';
import type { RowOutcome } from './result.ts';
import { RowFailed } from './row-failed.ts';
import type { Row } from './store.ts';
import { type BatchWriterOptions, createBatchWriter, type PlannedSwap, toWrite } from './write-batch.ts';
import { Writes } from './writes.ts';

export interface RotatePassOptions extends BatchWriterOptions {
  /** The rows to look at. */
  readonly pages: AsyncIterable<readonly Row[]>;
  /** Rows per statement. */
  readonly batchRows: number;
  /** Batches that are written at the same time. */
  readonly connections: number;
  /** Called with the rows so far that were not under the target key, and that are processed. */
  readonly onProgress: (rows: number) => void;
}

/** Rows that are announced together before the first of them is written, unless a batch has more. */
const ROWS_AHEAD = 500;
/** Ends a batch of long values before it has all its rows: they are in memory several times over while they are sent. */
const BYTES_AHEAD = 4 * 1024 * 1024;

/**
 * Goes over the pages once, and moves every row that is not under the target key to it. The next rows are read and re-encrypted while
 * these are written. Batches begin in the order of the rows: with one connection strictly one after the other.
 *
 * @throws RowFailed, WriteInDoubt, the signal's reason (after the writes under way), what `beforeWrite` throws, or what the store
 * throws on reading
 */
export async function rotatePass(options: RotatePassOptions): Promise<void> {
  const { signal, batchRows, work } = options;
  const rowsAhead = batchRows * Math.max(1, Math.floor(ROWS_AHEAD / batchRows));
  const writeBatch = createBatchWriter(options);
  let processed = 0;
  const writes = new Writes<readonly PlannedSwap[]>(options.connections, async (batch, onWritten) => {
    await writeBatch(batch, onWritten);
    processed += batch.length;
    options.onProgress(processed);
  });
  let beginning: Promise<void> = Promise.resolve();
  const idsAhead = new Set<string>();
  let ahead: PlannedSwap[] = [];
  let bytes = 0;

  /** Hands over what is ahead, once everything before it has begun to be written. */
  async function handOver(): Promise<void> {
    await beginning;
    if (ahead.length === 0) return;
    beginning = beginAll(ahead);
    // Its failure surfaces at the next `await beginning`; until then it must not count as unhandled.
    beginning.catch(() => {});
    ahead = [];
    idsAhead.clear();
    bytes = 0;
  }

  async function beginAll(swaps: readonly PlannedSwap[]): Promise<void> {
    signal.throwIfAborted();
    const rotated = swaps.filter(({ outcome }) => outcome === 'rotated');
    if (rotated.length > 0) await options.beforeWrite(rotated.map(({ swap }) => swap));
    for (let from = 0; from < swaps.length; from += batchRows) {
      const batch = swaps.slice(from, from + batchRows);
      await options.pace(batch.length);
      await writes.waitForPlace();
      signal.throwIfAborted();
      writes.begin(batch);
    }
  }

  async function take(planned: PlannedSwap | RowOutcome): Promise<void> {
    // A damaged index can lead to a row twice.
    if (typeof planned === 'string' || idsAhead.has(planned.swap.id)) return;
    ahead.push(planned);
    idsAhead.add(planned.swap.id);
    bytes += storedBytes(planned.swap.after);
    if (ahead.length >= rowsAhead || bytes >= BYTES_AHEAD) await handOver();
  }

  try {
    const pages = inOrder(options.pages, work.pagesAtOnce, async (page) => ({ page, plans: await work.plan(page) }));
    for await (const { page, plans } of pages) {
      if (writes.hasFailed) break;
      for (const [index, row] of page.entries()) await take(toWrite(options, row, plans[index]));
    }
    if (!writes.hasFailed) await handOver();
    await beginning;
  } catch (error) {
    await beginning;
    // The rows before the one that failed are planned and not yet written: they come first.
    if (error instanceof RowFailed) await handOver();
    await beginning;
    throw error;
  } finally {
    // A failure of what has begun comes before any other.
    await writes.end();
  }
}
