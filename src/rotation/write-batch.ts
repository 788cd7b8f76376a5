import type { Pace } from './pace.ts';
import { readExactly } from './pages.ts';
import type { RowOutcome } from './result.ts';
import { RowFailed } from './row-failed.ts';
import type { Field, Row, Swap } from './store.ts';
import type { RunningTally } from './tally.ts';
import { writeSwaps } from './write-swaps.ts';

/** What a row needs. */
export type Planned = PlannedSwap | { readonly kind: 'nothing'; readonly outcome: 'already-rotated' | 'unreadable' | 'gone' };

/** A row to be written. `named` changes nothing but its key id. */
export interface PlannedSwap {
  readonly kind: 'swap';
  readonly outcome: 'rotated' | 'named';
  readonly swap: Swap;
}

export interface BatchWriterOptions {
  readonly field: Field;
  /** @throws RowFailed */
  readonly plan: (row: Row) => Planned;
  /** Awaited before a batch is written, and before a row that has changed is read and written again. */
  readonly pace: Pace;
  /** Awaited before each write of values. */
  readonly beforeWrite: (swaps: readonly Swap[]) => Promise<void>;
  /** Aborting it ends the writing after the current statement, and the reading of a row that is to be written again at once. */
  readonly signal: AbortSignal;
  readonly tally: RunningTally;
  readonly onRow: (id: string, outcome: RowOutcome) => void;
}

const CONFLICT_ATTEMPTS = 3;

/**
 * Makes the function that writes one batch and settles each of its rows.
 *
 * It rejects with RowFailed, WriteInDoubt, what `pace` and `beforeWrite` throw, or what the store throws on reading.
 */
export function createBatchWriter(options: BatchWriterOptions): (batch: readonly PlannedSwap[]) => Promise<void> {
  const { field, tally } = options;

  async function writeBatch(batch: readonly PlannedSwap[]): Promise<void> {
    await options.pace(batch.length);
    for (const id of await swap(batch)) await settleConflict(id);
  }

  /** A value changed after it was read: it is read again and judged again. */
  async function settleConflict(id: string): Promise<void> {
    for (let attempt = 1; attempt <= CONFLICT_ATTEMPTS; attempt += 1) {
      tally.conflict();
      await options.pace(1);
      const row = (await readExactly(field.store, [id], options.signal)).get(id);
      if (row === undefined) return settle(id, 'gone');
      const planned = options.plan(row);
      if (planned.kind === 'nothing') return settle(id, planned.outcome);
      const [conflicting] = await swap([planned]);
      if (conflicting === undefined) return;
    }
    throw new RowFailed(field.name, id, { kind: 'conflicts', attempts: CONFLICT_ATTEMPTS });
  }

  /** Settles the rows that are written. @returns the ids of the others */
  async function swap(batch: readonly PlannedSwap[]): Promise<string[]> {
    const swapsOf = (some: readonly PlannedSwap[]) => some.map((planned) => planned.swap);
    const rotated = swapsOf(batch.filter(({ outcome }) => outcome === 'rotated'));
    if (rotated.length > 0) await options.beforeWrite(rotated);
    const ids = new Set(rotated.map(({ id }) => id));
    return writeSwaps(field, swapsOf(batch), options.signal, (id) => settle(id, ids.has(id) ? 'rotated' : 'named'));
  }

  function settle(id: string, outcome: RowOutcome): void {
    tally.settle(outcome);
    options.onRow(id, outcome);
  }

  return writeBatch;
}
