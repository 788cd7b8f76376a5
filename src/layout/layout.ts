import type { EncryptedValue } from '../crypto/encrypted-value.ts';

/** What a row holds in the columns of an encrypted field, by the name of the column, as text. */
export type StoredValue = Readonly<Record<string, string | null>>;

/** What keeps the text of a column from being a part of an encrypted value. */
export type Misfit = 'null' | 'empty' | 'not-hex' | 'odd-length' | 'wrong-length';

export type Parsed =
  | { readonly kind: 'value'; readonly value: EncryptedValue }
  | { readonly kind: 'malformed'; readonly column: string; readonly misfit: Misfit };

/** How an encrypted value stands in its columns. */
export interface Layout {
  readonly columns: readonly string[];
  /** @returns the value, or the first column that does not fit and why; the text itself is not quoted */
  parse(stored: StoredValue): Parsed;
  /** @returns the columns that hold a value, in the form of this layout */
  format(value: EncryptedValue): StoredValue;
}

/** Whether two stored values are the same, character for character. */
export function sameStored(one: StoredValue, other: StoredValue): boolean {
  for (const column in one) if (one[column] !== other[column]) return false;
  return true;
}

/** @returns roughly what a stored value takes in memory and in a statement, in bytes */
export function storedBytes(stored: StoredValue): number {
  let bytes = 100;
  for (const column in stored) bytes += stored[column]?.length ?? 0;
  return bytes;
}
