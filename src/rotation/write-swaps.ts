import { sameStored } from '../layout/layout.ts';
import type { FoundAgain } from './result.ts';
import type { Field, Row, Store, Swap } from './store.ts';

/** A write that failed, or gave no answer: it may have been applied. `found` is what reading its rows again showed. */
export class WriteInDoubt extends Error {
  override readonly name = 'WriteInDoubt';
  readonly field: string;
  readonly found: FoundAgain;
  constructor(field: string, cause: unknown, found: FoundAgain) {
    super('a write is in doubt', { cause });
    this.field = field;
    this.found = found;
  }
}

/**
 * Makes the swaps, in one atomic statement. If it fails, the rows are read again, since an error of the database does not mean
 * that nothing was written.
 *
 * @param onWritten - is called with each row that is known to be written, in the order of the swaps, before anything is thrown
 * @returns the ids of the rows that were not written: they no longer held `before`
 * @throws WriteInDoubt
 */
export async function writeSwaps(
  { name, store }: Field,
  swaps: readonly Swap[],
  onWritten: (id: string) => void,
): Promise<string[]> {
  const written = await store.swap(swaps).catch(async (cause: unknown) => {
    const found = await findOut(store, swaps);
    for (const id of found.written) onWritten(id);
    throw new WriteInDoubt(name, cause, found);
  });
  const ids = swaps.map(({ id }) => id);
  for (const id of ids) if (written.has(id)) onWritten(id);
  return ids.filter((id) => !written.has(id));
}

async function findOut(store: Store, swaps: readonly Swap[]): Promise<FoundAgain> {
  const ids = swaps.map(({ id }) => id);
  try {
    const stored = new Map((await store.readRows(ids)).map((row) => [row.id, row]));
    const written = new Set(swaps.filter(({ id, after }) => holds(stored.get(id), after)).map(({ id }) => id));
    return { written: [...written], notWritten: ids.filter((id) => !written.has(id)), unknown: [] };
  } catch {
    return { written: [], notWritten: [], unknown: ids };
  }
}

/** @returns whether the row exists and holds exactly that value */
export function holds(row: Row | undefined, value: Swap['after']): boolean {
  return row !== undefined && sameStored(row.stored, value);
}
