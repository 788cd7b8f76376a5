import type { Pace } from './pace.ts';
import { readExactly } from './pages.ts';
import type { Plan } from './planner.ts';
import type { RowOutcome } from './result.ts';
import { RowFailed } from './row-failed.ts';
import type { Field, Row, Swap } from './store.ts';
import type { RunningTally } from './tally.ts';
import type { ValueWork } from './value-work.ts';
import { writeSwaps } from './write-swaps.ts';

/** A row to be written. */
export interface PlannedSwap {
  readonly outcome: 'rotated' | 'named';
  readonly swap: Swap;
}

export interface BatchWriterOptions {
  readonly field: Field;
  readonly work: ValueWork;
  readonly skipUnreadable: boolean;
  /** Awaited before a row that has changed is read and written again. */
  readonly pace: Pace;
  /** Awaited with swaps before any of them is made: once for several batches where they are small, and again for a row that has changed. */
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
export function createBatchWriter(
  options: BatchWriterOptions,
): (batch: readonly PlannedSwap[], onWritten: (id: string) => void) => Promise<void> {
  const { field, tally } = options;

  async function writeBatch(batch: readonly PlannedSwap[], onWritten: (id: string) => void): Promise<void> {
    for (const id of await swap(batch, onWritten)) await settleConflict(id, onWritten);
  }

  /** A value changed after it was read: it is read again and judged again. */
  async function settleConflict(id: string, onWritten: (id: string) => void): Promise<void> {
    for (let attempt = 1; attempt <= CONFLICT_ATTEMPTS; attempt += 1) {
      tally.conflict();
      await options.pace(1);
      const row = (await readExactly(field.store, [id], options.signal)).get(id);
      if (row === undefined) return settle(id, 'gone');
      const [plan] = await options.work.plan([row]);
      const next = toWrite(options, row, plan);
      if (typeof next === 'string') return settle(id, next);
      if (next.outcome === 'rotated') await options.beforeWrite([next.swap]);
      const [conflicting] = await swap([next], onWritten);
      if (conflicting === undefined) return;
    }
    throw new RowFailed(field.name, id, { kind: 'conflicts', attempts: CONFLICT_ATTEMPTS });
  }

  /** Settles the rows that are written. @returns the ids of the others */
  function swap(batch: readonly PlannedSwap[], onWritten: (id: string) => void): Promise<string[]> {
    const named = new Set(batch.filter(({ outcome }) => outcome === 'named').map((planned) => planned.swap.id));
    const swaps = batch.map((planned) => planned.swap);
    return writeSwaps(field, swaps, options.signal, (id) => {
      onWritten(id);
      settle(id, named.has(id) ? 'named' : 'rotated');
    });
  }

  function settle(id: string, outcome: RowOutcome): void {
    tally.settle(outcome);
    options.onRow(id, outcome);
  }

  return writeBatch;
}

/**
 * @returns what is to be written of a row; if nothing is, what became of it
 * @throws RowFailed if it is unreadable, and such rows are not skipped
 */
export function toWrite(
  { field, skipUnreadable }: Pick<BatchWriterOptions, 'field' | 'skipUnreadable'>,
  { id, stored }: Row,
  plan: Plan | undefined,
): PlannedSwap | RowOutcome {
  if (plan === undefined) throw new Error(`nothing was planned for row ${id}`);
  if (plan.kind === 'write') return { outcome: plan.outcome, swap: { id, before: stored, after: plan.after } };
  if (plan.kind === 'nothing') return plan.outcome;
  if (skipUnreadable) return 'unreadable';
  throw new RowFailed(field.name, id, plan.why);
}
