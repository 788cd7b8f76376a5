import { sameStored } from '../layout/layout.ts';
import { NOTHING_BESIDES } from './row-failed.ts';
import type { Field, Row, Store, Swap } from './store.ts';
import type { Besides, DoubtfulWrite, FoundAgain } from './write-failure.ts';

/** A write that failed, or gave no answer: it may have been applied. `found` is what reading its rows again showed. */
export class WriteInDoubt extends Error {
  override readonly name = 'WriteInDoubt';
  readonly field: string;
  readonly failure: DoubtfulWrite;
  readonly besides: Besides;
  constructor(field: string, cause: unknown, found: FoundAgain, besides = NOTHING_BESIDES) {
    super('a write is in doubt', { cause });
    this.field = field;
    this.failure = { kind: 'write-in-doubt', found, cause };
    this.besides = besides;
  }

  with(besides: Besides): WriteInDoubt {
    return new WriteInDoubt(this.field, this.cause, this.failure.found, besides);
  }
}

/**
 * Makes the swaps, in one atomic statement, or one by one if another transaction is in the way of one of them. If a statement fails, its
 * rows are read again, since an error of the database does not mean that nothing was written.
 *
 * @param signal - aborting it ends the writing one by one, after the current row
 * @param onWritten - is called with each row that is known to be written, in the order of the swaps, before anything is thrown
 * @returns the ids of the rows that were not written: they no longer held `before`
 * @throws WriteInDoubt; the signal's reason
 */
export async function writeSwaps(
  field: Field,
  swaps: readonly Swap[],
  signal: AbortSignal,
  onWritten: (id: string) => void,
): Promise<string[]> {
  const written = await field.store.swap(swaps).catch(async (cause: unknown) => {
    const found = await findOut(field.store, swaps);
    for (const id of found.written) onWritten(id);
    throw new WriteInDoubt(field.name, cause, found);
  });
  const ids = swaps.map(({ id }) => id);
  if (written !== 'blocked') {
    for (const id of ids) if (written.has(id)) onWritten(id);
    return ids.filter((id) => !written.has(id));
  }
  const others: string[] = [];
  for (const swap of swaps) {
    signal.throwIfAborted();
    others.push(...(await writeSwaps(field, [swap], signal, onWritten)));
  }
  return others;
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
