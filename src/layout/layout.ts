import type { EncryptedValue } from '../crypto/encrypted-value.ts';
import { createAssociatedData } from './associated-data.ts';
import { createColumn } from './column.ts';
import type { Misfit } from './misfit.ts';
import type { LayoutDefinition } from './template.ts';

export type { Misfit } from './misfit.ts';

/**
 * What a row holds in the columns of an encrypted field, by the name of the field in schema.prisma: a Bytes column as lower-case hex
 * without a prefix, Json as PostgreSQL's text of it, numbers and uuids as text.
 */
export type StoredValue = Readonly<Record<string, string | null>>;

/** A value with the associated data that its tag is bound to (null: none); no value, since every column is null; or what does not fit. */
type Parsed =
  | { readonly kind: 'value'; readonly value: EncryptedValue; readonly aad: Buffer | null }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly column: string; readonly misfit: Misfit };

/** How an encrypted value is stored in its columns. */
export interface Layout {
  /** What it was made of. */
  readonly definition: LayoutDefinition;
  /** The columns that are written, that of the key id included. */
  readonly columns: readonly string[];
  /** Of those: what holds the key id. */
  readonly keyIds: readonly string[];
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
  /** @returns the same value, with another key id */
  rename(stored: StoredValue, keyId: string): StoredValue;
}

const UPPER = /[A-F]/;
const NOTHING = Buffer.alloc(0);

/**
 * Makes a layout of its definition.
 *
 * @param definition - as prisma/encrypted-fields.ts has checked it: every part once, in runs that can be told apart
 */
export function createLayout(definition: LayoutDefinition): Layout {
  const { columns: definitions, aad } = definition;
  const columns = definitions.flatMap((column) => (column.kind === 'key-id' ? [] : [createColumn(column)]));
  const keyIds = definitions.flatMap(({ kind, column }) => (kind === 'key-id' ? [column] : []));
  const associated = createAssociatedData(aad);

  return {
    definition,
    columns: definitions.map(({ column }) => column),
    keyIds,
    bound: associated.columns,

    parse(stored) {
      if (columns.every(({ name }) => (stored[name] ?? null) === null)) return { kind: 'none' };
      const value = { iv: NOTHING, content: NOTHING, tag: NOTHING };
      for (const column of columns) {
        const text = stored[column.name] ?? null;
        const misfit = text === null ? 'null' : column.read(text, value);
        if (misfit !== null) return { kind: 'malformed', column: column.name, misfit };
      }
      const bytes = associated.of(stored);
      if (bytes !== null && 'nullColumn' in bytes) return { kind: 'malformed', column: bytes.nullColumn, misfit: 'aad-null' };
      return { kind: 'value', value, aad: bytes };
    },

    format(value, like, keyId) {
      const isUpper = hasOnlyUpper(like);
      const stored: Record<string, string | null> = {};
      for (const column of columns) stored[column.name] = column.write(value, `${like[column.name]}`, isUpper);
      for (const name of keyIds) stored[name] = keyId;
      for (const name of associated.columns) stored[name] = like[name] ?? null;
      return stored;
    },

    rename: (stored, keyId) => ({ ...stored, ...Object.fromEntries(keyIds.map((name) => [name, keyId])) }),
  };

  /** Whether the letters in the hex of a value are all upper case: what has none of its own follows the others. */
  function hasOnlyUpper(like: StoredValue): boolean {
    if (!columns.some(({ name }) => UPPER.test(`${like[name]}`))) return false;
    const digits = columns.map((column) => column.hexDigits(`${like[column.name]}`)).join('');
    return UPPER.test(digits) && !/[a-f]/.test(digits);
  }
}

/** Whether two stored values are the same, character for character. A column that is not there is null, as an older backup has it. */
export function sameStored(one: StoredValue, other: StoredValue): boolean {
  for (const column in one) if ((one[column] ?? null) !== (other[column] ?? null)) return false;
  return true;
}

/** @returns roughly what a stored value takes in memory and in a statement, in bytes */
export function storedBytes(stored: StoredValue): number {
  let bytes = 100;
  for (const column in stored) bytes += stored[column]?.length ?? 0;
  return bytes;
}
