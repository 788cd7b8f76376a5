import type { EncryptedValue } from '../crypto/encrypted-value.ts';
import type { Misfit } from './misfit.ts';

export type { Misfit } from './misfit.ts';

/**
 * What a row holds in the columns of an encrypted field, by the name of the field in schema.prisma: a Bytes column as lower-case hex
 * without a prefix, Json as PostgreSQL's text of it, numbers and uuids as text.
 */
export type StoredValue = Readonly<Record<string, string | null>>;

/** A value with the associated data that its tag is bound to (null: none); no value, since every column is null; or what does not fit. */
export type Parsed =
  | { readonly kind: 'value'; readonly value: EncryptedValue; readonly aad: Buffer | null }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly column: string; readonly misfit: Misfit };

/** How an encrypted value is stored in its columns. */
export interface Layout {
  /** The columns that are written, that of the key id included. */
  readonly columns: readonly string[];
  /** Other columns, which the associated data is made of: read and compared, never written. */
  readonly bound: readonly string[];
  /** @returns the value, or the first column that does not fit and why; the text itself is not quoted */
  parse(stored: StoredValue): Parsed;
  /**
   * @param value - with parts as long as those of `like`
   * @param like - a stored value that parses: the new one gets its very form, and its bound columns
   * @param keyId - what the column of the key id gets, if there is one
   */
  format(value: EncryptedValue, like: StoredValue, keyId: string): StoredValue;
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
