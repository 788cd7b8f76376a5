import { setImmediate } from 'node:timers/promises';
import { reEncrypt } from '../crypto/re-encrypt.ts';
import { createJudge, type NamedKey } from './judge.ts';
import { type Row, type Store, type Swap, storedBytes } from './store.ts';
import { createBatchWriter, RowFailed, type RowOutcome, type Tally } from './write-batch.ts';

export interface RotatePassOptions {
  readonly store: Store;
  /** The rows to look at. */
  readonly pages: AsyncIterable<readonly Row[]>;
  readonly keys: readonly NamedKey[];
  /** The key to reach: one of `keys`. */
  readonly target: NamedKey;
  /** Rows per statement. */
  readonly batchRows: number;
  readonly skipUnreadable: boolean;
  /** Aborting it ends the pass: after the write in hand, or at once where it reads. */
  readonly signal: AbortSignal;
  readonly tally: Tally;
  readonly beforeWrite: (swaps: readonly Swap[]) => Promise<void>;
  /** Called with the rows so far that were not under the target key, and that are dealt with. */
  readonly onProgress: (rows: number) => void;
  readonly onRow: (id: string, outcome: RowOutcome) => void;
}

/** Ends a batch of long values before it has all its rows: they are in memory several times over while they are sent. */
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Goes over the pages once, and moves every row that is not under the target key to it. The rows of the next batch are read and
 * re-encrypted while this one is written; batches are written strictly one after the other.
 *
 * @throws RowFailed, WriteUnanswered, the signal's reason (after the write in hand), what `beforeWrite` throws, or what the store
 * throws on reading
 */
export async function rotatePass(options: RotatePassOptions): Promise<void> {
  const { target, signal } = options;
  const judge = createJudge(options.keys);
  const writeBatch = createBatchWriter({ ...options, plan });
  let writing: Promise<void> = Promise.resolve();
  let swaps: Swap[] = [];
  let bytes = 0;
  let rows = 0;

  function plan(row: Row): Swap | 'already rotated' | 'unreadable' {
    const judged = judge(row);
    if (judged.kind === 'unreadable') {
      if (options.skipUnreadable) return 'unreadable';
      throw new RowFailed(row.id, judged.why);
    }
    try {
      if (judged.under === target.name) return 'already rotated';
      return { id: row.id, before: judged.value, after: reEncrypt(judged.plaintext, judged.value, target.key) };
    } finally {
      judged.plaintext.fill(0);
    }
  }

  async function flush(): Promise<void> {
    await writing;
    if (swaps.length === 0) return;
    signal.throwIfAborted();
    rows += swaps.length;
    const rowsSoFar = rows;
    writing = writeBatch(swaps).then(() => options.onProgress(rowsSoFar));
    // Its failure is met at the next `await writing`; until then it must not count as unhandled.
    writing.catch(() => {});
    swaps = [];
    bytes = 0;
    // One turn of the event loop, so that the statement leaves before the next rows are planned.
    await setImmediate();
  }

  try {
    for await (const page of options.pages) {
      for (const row of page) {
        const planned = plan(row);
        if (typeof planned !== 'object') continue;
        swaps.push(planned);
        bytes += storedBytes(planned.after);
        if (swaps.length >= options.batchRows || bytes >= BATCH_BYTES) await flush();
      }
    }
    await flush();
    await writing;
  } catch (error) {
    // The rows before the one that failed are planned and not yet written: they come first.
    if (error instanceof RowFailed) await flush();
    await writing;
    throw error;
  }
}
