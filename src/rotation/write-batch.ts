import type { Unreadable } from './judge.ts';
import { readExactly } from './pages.ts';
import type { Row, Store, Swap } from './store.ts';
import { writeSwaps } from './write-swaps.ts';

export type RowOutcome = 'rotated' | 'already rotated' | 'gone' | 'unreadable' | 'restored';

/** What became of the rows that a run set out to write. */
export interface Tally {
  rotated: number;
  /** Swaps that found another value than the one that was read: the application had changed or deleted the row. */
  conflicts: number;
  /** Of the conflicts: the row no longer exists. */
  gone: number;
  /** Of the conflicts: the application had itself put the row under the key to reach. */
  alreadyRotated: number;
}

export type RowProblem = Unreadable | { readonly kind: 'conflicts'; readonly attempts: number };

/** A row that cannot be rotated: those before it are, those after it are untouched. */
export class RowFailed extends Error {
  override readonly name = 'RowFailed';
  readonly id: string;
  readonly why: RowProblem;
  constructor(id: string, why: RowProblem) {
    super(`row ${id} cannot be rotated: ${why.kind}`);
    this.id = id;
    this.why = why;
  }
}

export interface BatchWriterOptions {
  readonly store: Store;
  /** @returns the swap that a row needs, or why it needs none. @throws RowFailed */
  readonly plan: (row: Row) => Swap | 'already rotated' | 'unreadable';
  /** Awaited before each write. */
  readonly beforeWrite: (swaps: readonly Swap[]) => Promise<void>;
  /** Aborting it ends the reading of a row that is to be written again. */
  readonly signal: AbortSignal;
  /** Added to with each row, so that it is right whenever the run ends. */
  readonly tally: Tally;
  readonly onRow: (id: string, outcome: RowOutcome) => void;
}

const CONFLICT_ATTEMPTS = 3;

/**
 * Makes the function that writes one batch and settles each of its rows.
 *
 * It rejects with RowFailed, WriteUnanswered, what `beforeWrite` throws, or what the store throws on reading.
 */
export function createBatchWriter(options: BatchWriterOptions): (batch: readonly Swap[]) => Promise<void> {
  const { store, tally } = options;

  async function writeBatch(batch: readonly Swap[]): Promise<void> {
    for (const id of await swap(batch)) await settleConflict(id);
  }

  /** A value changed after it was read: it is read again and judged anew. */
  async function settleConflict(id: string): Promise<void> {
    for (let attempt = 1; attempt <= CONFLICT_ATTEMPTS; attempt += 1) {
      tally.conflicts += 1;
      const row = (await readExactly(store, [id], options.signal)).get(id);
      if (row === undefined) return settle(id, 'gone');
      const planned = options.plan(row);
      if (typeof planned === 'string') return settle(id, planned);
      const [conflicting] = await swap([planned]);
      if (conflicting === undefined) return;
    }
    throw new RowFailed(id, { kind: 'conflicts', attempts: CONFLICT_ATTEMPTS });
  }

  /** Settles the rows that are written. @returns the ids of the others */
  async function swap(batch: readonly Swap[]): Promise<string[]> {
    await options.beforeWrite(batch);
    return writeSwaps(store, batch, (id) => settle(id, 'rotated'));
  }

  function settle(id: string, outcome: RowOutcome): void {
    if (outcome === 'rotated') tally.rotated += 1;
    if (outcome === 'already rotated') tally.alreadyRotated += 1;
    if (outcome === 'gone') tally.gone += 1;
    options.onRow(id, outcome);
  }

  return writeBatch;
}
