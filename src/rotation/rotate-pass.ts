import { setImmediate } from 'node:timers/promises';
import type { KeyRing } from '../crypto/key-ring.ts';
import { reEncrypt } from '../crypto/re-encrypt.ts';
import { storedBytes } from '../layout/layout.ts';
import { createJudge } from './judge.ts';
import type { Pace } from './pace.ts';
import type { RowOutcome } from './result.ts';
import { RowFailed } from './row-failed.ts';
import type { Field, Row, Swap } from './store.ts';
import type { RunningTally } from './tally.ts';
import { createBatchWriter, type Planned, type PlannedSwap } from './write-batch.ts';

export interface RotatePassOptions {
  readonly field: Field;
  /** The rows to look at. */
  readonly pages: AsyncIterable<readonly Row[]>;
  readonly ring: KeyRing;
  /** Rows per statement. */
  readonly batchRows: number;
  readonly skipUnreadable: boolean;
  /** Aborting it ends the pass: after the current write, or at once if it is reading. */
  readonly signal: AbortSignal;
  readonly tally: RunningTally;
  readonly pace: Pace;
  readonly beforeWrite: (swaps: readonly Swap[]) => Promise<void>;
  /** Called with the rows so far that were not under the target key, and that are processed. */
  readonly onProgress: (rows: number) => void;
  readonly onRow: (id: string, outcome: RowOutcome) => void;
}

/** Ends a batch of long values before it has all its rows: they are in memory several times over while they are sent. */
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Goes over the pages once, and moves every row that is not under the target key to it. The rows of the next batch are read and
 * re-encrypted while this one is written; batches are written strictly one after the other.
 *
 * @throws RowFailed, WriteInDoubt, the signal's reason (after the current write), what `beforeWrite` throws, or what the store
 * throws on reading
 */
export async function rotatePass(options: RotatePassOptions): Promise<void> {
  const { field, ring, signal } = options;
  const { layout } = field;
  const judge = createJudge(ring, layout);
  const writeBatch = createBatchWriter({ ...options, plan });
  let writing: Promise<void> = Promise.resolve();
  const batchIds = new Set<string>();
  let batch: PlannedSwap[] = [];
  let bytes = 0;
  let rows = 0;

  function plan({ id, stored }: Row): Planned {
    const judged = judge(stored);
    if (judged.kind === 'no-value' && judged.isNamed) return { kind: 'nothing', outcome: 'gone' };
    if (judged.kind === 'unreadable') {
      if (options.skipUnreadable) return { kind: 'nothing', outcome: 'unreadable' };
      throw new RowFailed(field.name, id, judged.why);
    }
    const name = (): Planned => ({
      kind: 'swap',
      outcome: 'named',
      swap: { id, before: stored, after: layout.rename(stored, ring.target.fingerprint) },
    });
    if (judged.kind === 'no-value') return name();
    try {
      if (judged.key === ring.target) return judged.isNamed ? { kind: 'nothing', outcome: 'already-rotated' } : name();
      const value = reEncrypt(judged.plaintext, judged.value.iv.length, ring.target, judged.aad);
      const after = layout.format(value, stored, ring.target.fingerprint);
      return { kind: 'swap', outcome: 'rotated', swap: { id, before: stored, after } };
    } finally {
      judged.plaintext.fill(0);
    }
  }

  async function flush(): Promise<void> {
    await writing;
    if (batch.length === 0) return;
    signal.throwIfAborted();
    rows += batch.length;
    const rowsSoFar = rows;
    writing = writeBatch(batch).then(() => options.onProgress(rowsSoFar));
    // Its failure surfaces at the next `await writing`; until then it must not count as unhandled.
    writing.catch(() => {});
    batch = [];
    batchIds.clear();
    bytes = 0;
    // One turn of the event loop, so that the statement leaves before the next rows are planned.
    await setImmediate();
  }

  try {
    for await (const page of options.pages) {
      for (const row of page) {
        // A damaged index can lead to a row twice.
        if (batchIds.has(row.id)) continue;
        const planned = plan(row);
        if (planned.kind === 'nothing') continue;
        batch.push(planned);
        batchIds.add(row.id);
        bytes += storedBytes(planned.swap.after);
        if (batch.length >= options.batchRows || bytes >= BATCH_BYTES) await flush();
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
