import { readExactly } from './pages.ts';
import type { RowOutcome } from './result.ts';
import { RowFailed } from './row-failed.ts';
import type { Field, Row, Swap } from './store.ts';
import type { RunningTally } from './tally.ts';
import { writeSwaps } from './write-swaps.ts';

/** What a row needs. */
export type Planned =
  | { readonly kind: 'swap'; readonly swap: Swap }
  | { readonly kind: 'nothing'; readonly outcome: 'already-rotated' | 'unreadable' | 'gone' };

export interface BatchWriterOptions {
  readonly field: Field;
  /** @throws RowFailed */
  readonly plan: (row: Row) => Planned;
  /** Awaited before each write. */
  readonly beforeWrite: (swaps: readonly Swap[]) => Promise<void>;
  /** Aborting it ends the reading of a row that is to be written again. */
  readonly signal: AbortSignal;
  readonly tally: RunningTally;
  readonly onRow: (id: string, outcome: RowOutcome) => void;
}

const CONFLICT_ATTEMPTS = 3;

/**
 * Makes the function that writes one batch and settles each of its rows.
 *
 * It rejects with RowFailed, WriteInDoubt, what `beforeWrite` throws, or what the store throws on reading.
 */
export function createBatchWriter(options: BatchWriterOptions): (batch: readonly Swap[]) => Promise<void> {
  const { field, tally } = options;

  async function writeBatch(batch: readonly Swap[]): Promise<void> {
    for (const id of await swap(batch)) await settleConflict(id);
  }

  /** A value changed after it was read: it is read again and judged again. */
  async function settleConflict(id: string): Promise<void> {
    for (let attempt = 1; attempt <= CONFLICT_ATTEMPTS; attempt += 1) {
      tally.conflict();
      const row = (await readExactly(field.store, [id], options.signal)).get(id);
      if (row === undefined) return settle(id, 'gone');
      const planned = options.plan(row);
      if (planned.kind === 'nothing') return settle(id, planned.outcome);
      const [conflicting] = await swap([planned.swap]);
      if (conflicting === undefined) return;
    }
    throw new RowFailed(field.name, id, { kind: 'conflicts', attempts: CONFLICT_ATTEMPTS });
  }

  /** Settles the rows that are written. @returns the ids of the others */
  async function swap(batch: readonly Swap[]): Promise<string[]> {
    await options.beforeWrite(batch);
    return writeSwaps(field, batch, (id) => settle(id, 'rotated'));
  }

  function settle(id: string, outcome: RowOutcome): void {
    tally.settle(outcome);
    options.onRow(id, outcome);
  }

  return writeBatch;
}
