import type { EncryptedValue, StoredValue } from '../crypto/encrypted-value.ts';

export interface Row extends StoredValue {
  readonly id: string;
}

/** One compare-and-swap: put `after` where exactly `before` stands. */
export interface Swap {
  readonly id: string;
  readonly before: EncryptedValue;
  readonly after: EncryptedValue;
}

/** The table, as the rotation sees it. Any method may reject: what the table then holds is known only by reading it. */
export interface Store {
  /** @returns how many rows the table has */
  count(): Promise<number>;
  /** @returns at most `limit` rows whose id is greater than `after` (null: from the start), in the order of their ids */
  readPage(after: string | null, limit: number): Promise<Row[]>;
  /** @returns those of the named rows that exist, in any order */
  readRows(ids: readonly string[]): Promise<Row[]>;
  /** Swaps all in one atomic statement. @returns the ids of the rows that were written: the others no longer held `before` */
  swap(swaps: readonly Swap[]): Promise<ReadonlySet<string>>;
}

/** @returns whether the row holds exactly that value */
export function holds(row: Row | undefined, value: EncryptedValue): boolean {
  return row?.iv === value.iv && row.content === value.content && row.tag === value.tag;
}

/** @returns roughly what a value takes in memory and in a statement */
export function storedBytes({ iv, content, tag }: StoredValue): number {
  return 100 + (iv?.length ?? 0) + (content?.length ?? 0) + (tag?.length ?? 0);
}
