import type { Durability, RestoreEnding, RestoreTally, Result } from './result.ts';
import { Run, type RunOptions } from './run.ts';
import type { Field, Row, Store, Swap } from './store.ts';
import { unlessAborted } from './unless-aborted.ts';
import { holds, WriteInDoubt, writeSwaps } from './write-swaps.ts';

export interface RestoreOptions extends RunOptions {
  /** Reads the swaps of a rotation, in batches, in their order, from the beginning each time it is called. */
  readonly readSwaps: () => AsyncIterable<FieldSwaps>;
  /** How many swaps that gives. */
  readonly swaps: number;
  readonly dryRun: boolean;
}

/** Swaps of one field. */
export interface FieldSwaps {
  readonly field: string;
  readonly swaps: readonly Swap[];
}

/**
 * Undoes swaps: if a row still holds what the rotation wrote, puts back what it found. Needs no key, and changes
 * nothing that was written after the rotation. Doing it again is harmless.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function restore(options: RestoreOptions): Promise<Result<RestoreEnding>> {
  const run = new Run(options);
  const restores = options.fields.map((field) => ({
    field,
    counts: { restored: 0, alreadyRestored: 0, gone: 0, changed: new Set<string>() },
  }));
  const reached = (): RestoreTally[] =>
    restores.map(({ field: { name }, counts }) => ({ ...counts, field: name, changed: new Set(counts.changed) }));

  async function undoAll(): Promise<RestoreEnding> {
    await run.time('restore', null, options.swaps, (onProgress) => undoSwaps(options, restores, onProgress));
    if (!options.dryRun) await run.waitForDisk();
    return { kind: 'restored', reached: reached() };
  }

  const ending = await undoAll().catch(async (error: unknown): Promise<RestoreEnding> => {
    const hasWritten = !options.dryRun && reached().some(({ restored }) => restored > 0);
    const onDisk: Durability = hasWritten ? await run.tryDisk() : 'confirmed';
    if (error instanceof WriteInDoubt) return { ...error.failure, field: error.field, reached: reached(), onDisk };
    return { kind: 'stopped', phase: run.phase, cause: error, reached: reached(), onDisk };
  });
  return { ending, phases: run.phases };
}

/** A RestoreTally while it is counted. */
type Counts = { -readonly [Name in Exclude<keyof RestoreTally, 'changed' | 'field'>]: number } & {
  readonly changed: Set<string>;
};

/** A field, and what became of its rows so far. */
interface FieldRestore {
  readonly field: Field;
  readonly counts: Counts;
}

async function undoSwaps(
  options: RestoreOptions,
  restores: readonly FieldRestore[],
  onProgress: (swaps: number) => void,
): Promise<void> {
  const { readSwaps, dryRun, signal } = options;
  let done = 0;
  for await (const { field: name, swaps } of readSwaps()) {
    signal.throwIfAborted();
    const { field, counts: tally } = restoreOf(restores, name);
    const others = dryRun ? swaps : await undo(options, field, swaps, tally);
    const stored = await unlessAborted(signal, () => readRows(field.store, others));
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
  await settleRepeated(options, restores);
}

/** @throws Error, as only fields of the run are in a backup that was accepted */
function restoreOf(restores: readonly FieldRestore[], name: string): FieldRestore {
  const found = restores.find(({ field }) => field.name === name);
  if (found === undefined) throw new Error(`the backup has a field that was not announced: ${name}`);
  return found;
}

/** @returns the swaps whose rows held another value than the rotation wrote */
async function undo(
  { observer, signal }: RestoreOptions,
  field: Field,
  swaps: readonly Swap[],
  tally: Counts,
): Promise<readonly Swap[]> {
  const undone = swaps.map(({ id, before, after }) => ({ id, before: after, after: before }));
  const others = await writeSwaps(field, undone, signal, (id) => {
    tally.restored += 1;
    observer.onRow(field.name, id, 'restored');
  });
  return swaps.filter(({ id }) => others.includes(id));
}

/**
 * A row that changed while it was being rotated is in the backup more than once, and matches only one of its swaps: it does
 * not count as changed if any of them is undone.
 */
async function settleRepeated({ readSwaps, signal }: RestoreOptions, restores: readonly FieldRestore[]): Promise<void> {
  if (restores.every(({ counts }) => counts.changed.size === 0)) return;
  for await (const { field: name, swaps } of readSwaps()) {
    const {
      field: { store },
      counts: { changed },
    } = restoreOf(restores, name);
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
