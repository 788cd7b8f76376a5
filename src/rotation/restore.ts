import { Run, type RunOptions, type RunResult } from './run.ts';
import { holds, type Row, type Store, type Swap } from './store.ts';
import { unlessAborted } from './unless-aborted.ts';
import { writeSwaps } from './write-swaps.ts';

export interface RestoreOptions extends RunOptions {
  /** Reads the swaps of a rotation, in batches, from their beginning each time it is called. */
  readonly readSwaps: () => AsyncIterable<readonly Swap[]>;
  /** How many swaps that gives. */
  readonly swaps: number;
  readonly dryRun: boolean;
}

/** What became of the rows. */
export interface RestoreTally {
  /** Put back, or with a dry run to be put back. */
  restored: number;
  /** Held the value from before the rotation already. */
  alreadyRestored: number;
  /** Were not found by their id: deleted, or hidden by a damaged index. */
  gone: number;
  /** Hold a value that the rotation neither found nor wrote: the application has changed them since. */
  readonly changed: Set<string>;
}

/**
 * Undoes swaps: where a row still holds what the rotation wrote, puts back what it found. Needs no key, and changes
 * nothing that was written after the rotation. Doing it again is harmless.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function restore(options: RestoreOptions): Promise<RunResult> {
  const run = new Run(options);
  const tally: RestoreTally = { restored: 0, alreadyRestored: 0, gone: 0, changed: new Set() };
  run.restore = tally;
  return run.finish(async () => {
    await run.phase('restore', options.swaps, (onProgress) => undoSwaps(options, tally, onProgress));
    if (!options.dryRun) await run.waitForDisk();
    return { kind: 'restored' };
  });
}

async function undoSwaps(options: RestoreOptions, tally: RestoreTally, onProgress: (swaps: number) => void): Promise<void> {
  const { store, readSwaps, dryRun, signal } = options;
  let done = 0;
  for await (const swaps of readSwaps()) {
    signal.throwIfAborted();
    const others = dryRun ? swaps : await undo(options, swaps, tally);
    const stored = await unlessAborted(signal, () => readRows(store, others));
    for (const swap of others) {
      const row = stored.get(swap.id);
      if (row === undefined) tally.gone += 1;
      else if (holds(row, swap.before)) tally.alreadyRestored += 1;
      else if (dryRun && holds(row, swap.after)) tally.restored += 1;
      else tally.changed.add(swap.id);
    }
    done += swaps.length;
    onProgress(done);
  }
  await settleRepeated(options, tally);
}

/** @returns the swaps whose rows held another value than the rotation wrote */
async function undo({ store, observer }: RestoreOptions, swaps: readonly Swap[], tally: RestoreTally): Promise<readonly Swap[]> {
  const undone = swaps.map(({ id, before, after }) => ({ id, before: after, after: before }));
  const others = await writeSwaps(store, undone, (id) => {
    tally.restored += 1;
    observer.onRow(id, 'restored');
  });
  return swaps.filter(({ id }) => others.includes(id));
}

/**
 * A row that changed while it was being rotated stands in the backup more than once, and matches only one of its swaps: it is
 * not changed if any of them is undone.
 */
async function settleRepeated({ store, readSwaps, signal }: RestoreOptions, { changed }: RestoreTally): Promise<void> {
  if (changed.size === 0) return;
  for await (const swaps of readSwaps()) {
    const candidates = swaps.filter(({ id }) => changed.has(id));
    const stored = await unlessAborted(signal, () => readRows(store, candidates));
    for (const { id, before, after } of candidates) {
      const row = stored.get(id);
      if (holds(row, before) || holds(row, after)) changed.delete(id);
    }
  }
}

async function readRows(store: Store, swaps: readonly Swap[]): Promise<Map<string, Row>> {
  if (swaps.length === 0) return new Map();
  return new Map((await store.readRows(swaps.map(({ id }) => id))).map((row) => [row.id, row]));
}
