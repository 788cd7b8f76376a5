import type { RestoreEnding, RestoreTally, Result } from './result.ts';
import { Run, type RunOptions } from './run.ts';
import type { Row, Store, Swap } from './store.ts';
import { unlessAborted } from './unless-aborted.ts';
import { holds, WriteInDoubt, writeSwaps } from './write-swaps.ts';

export interface RestoreOptions extends RunOptions {
  /** Reads the swaps of a rotation in batches, from the beginning on each call. */
  readonly readSwaps: () => AsyncIterable<readonly Swap[]>;
  /** The number of swaps that it returns. */
  readonly swaps: number;
  readonly dryRun: boolean;
}

/**
 * Undoes swaps: if a row still holds what the rotation wrote, puts back what it held before. Needs no key, and changes
 * nothing that was written after the rotation. Repeating it is harmless.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function restore(options: RestoreOptions): Promise<Result<RestoreEnding>> {
  const run = new Run(options);
  const tally: Counts = { restored: 0, alreadyRestored: 0, gone: 0, changed: new Set() };
  const reached = (): RestoreTally => ({ ...tally, changed: new Set(tally.changed) });

  async function undoAll(): Promise<RestoreEnding> {
    await run.time('restore', options.swaps, (onProgress) => undoSwaps(options, tally, onProgress));
    if (!options.dryRun) await run.waitForDisk();
    return { kind: 'restored', tally: reached() };
  }

  const ending = await undoAll().catch((error: unknown): RestoreEnding => {
    if (error instanceof WriteInDoubt)
      return { kind: 'write-in-doubt', found: error.found, cause: error.cause, reached: reached() };
    return { kind: 'stopped', phase: run.phase, cause: error, reached: reached() };
  });
  return { ending, phases: run.phases };
}

/** A RestoreTally while it is counted. */
type Counts = { -readonly [Name in Exclude<keyof RestoreTally, 'changed'>]: number } & { readonly changed: Set<string> };

async function undoSwaps(options: RestoreOptions, tally: Counts, onProgress: (swaps: number) => void): Promise<void> {
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

/** @returns the swaps whose rows held a value other than the rotation wrote */
async function undo({ store, observer }: RestoreOptions, swaps: readonly Swap[], tally: Counts): Promise<readonly Swap[]> {
  const undone = swaps.map(({ id, before, after }) => ({ id, before: after, after: before }));
  const others = await writeSwaps(store, undone, (id) => {
    tally.restored += 1;
    observer.onRow(id, 'restored');
  });
  return swaps.filter(({ id }) => others.includes(id));
}

/**
 * A row that changed while it was being rotated is in the backup more than once, and matches only one of its swaps: it does
 * not count as changed if any of them is undone.
 */
async function settleRepeated({ store, readSwaps, signal }: RestoreOptions, { changed }: Counts): Promise<void> {
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
