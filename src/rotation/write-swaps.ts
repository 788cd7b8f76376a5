import { holds, type Store, type Swap } from './store.ts';

/** A write that gave no answer: it may have been applied. `found` is what reading its rows again showed. */
export class WriteUnanswered extends Error {
  override readonly name = 'WriteUnanswered';
  readonly found: Readonly<Record<'written' | 'notWritten' | 'unknown', readonly string[]>>;
  constructor(cause: unknown, found: WriteUnanswered['found']) {
    super('a write was not answered', { cause });
    this.found = found;
  }
}

/**
 * Makes the swaps, in one atomic statement. Where it fails the rows are read again, since an error of the database does not mean
 * that nothing was written.
 *
 * @returns the ids of the rows that were written
 * @throws WriteUnanswered
 */
export async function writeSwaps(store: Store, swaps: readonly Swap[]): Promise<ReadonlySet<string>> {
  try {
    return await store.swap(swaps);
  } catch (cause) {
    throw new WriteUnanswered(cause, await findOut(store, swaps));
  }
}

async function findOut(store: Store, swaps: readonly Swap[]): Promise<WriteUnanswered['found']> {
  const ids = swaps.map(({ id }) => id);
  try {
    const stored = new Map((await store.readRows(ids)).map((row) => [row.id, row]));
    const written = new Set(swaps.filter(({ id, after }) => holds(stored.get(id), after)).map(({ id }) => id));
    return { written: [...written], notWritten: ids.filter((id) => !written.has(id)), unknown: [] };
  } catch {
    return { written: [], notWritten: [], unknown: ids };
  }
}
