import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { recognize } from './recognize.ts';
import type { IdColumn, NotRead, SampledColumn, TableSample } from './sample.ts';
import { templateText } from './template-text.ts';

/** A column of a value, and what its field in schema.prisma is marked with. */
interface FoundColumn extends SampledColumn {
  /** To be written behind `/// @encrypted`, or behind a name in parentheses: the template and its options. */
  readonly template: string;
}

/** An encrypted value of a table, under one of the keys for sure. */
export interface FoundValue {
  readonly schema: string;
  readonly table: string;
  readonly id: IdColumn | null;
  readonly columns: readonly FoundColumn[];
  /** Sampled rows in which it was decrypted, by the fingerprint of the key. */
  readonly under: ReadonlyMap<string, number>;
  readonly sampledRows: number;
}

/** The columns of a value that schema.prisma names already, as the database names them. */
export interface RegisteredValue {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/**
 * Finds the encrypted values of a table.
 *
 * @param attempts - the most layouts to try
 * @returns what was found, and what was not tried
 */
export function findValues(
  sample: TableSample,
  keys: readonly EncryptionKey[],
  attempts: number,
): { readonly values: readonly FoundValue[]; readonly notTried: readonly NotRead[] } {
  const { schema, table, id, rows } = sample;
  const { values, complete } = recognize(sample, keys, attempts);
  const found = values.map(({ layout, under }) => {
    const columns = layout.columns.map((column) => ({
      ...kindOf(sample, column.column),
      template: templateText(column),
    }));
    return { schema, table, id, columns, under, sampledRows: rows.length };
  });
  const reason = `too many columns could be parts of a value: only ${attempts} layouts were tried`;
  return { values: found, notTried: complete ? [] : [{ kind: 'unread', schema, table, column: null, reason }] };
}

function kindOf({ columns }: TableSample, name: string): SampledColumn {
  return columns.find((column) => column.name === name) ?? { name, kind: 'text' };
}

/** Whether all columns of the value are columns of one that is registered. */
export function isRegistered(value: FoundValue, registered: readonly RegisteredValue[]): boolean {
  return registered.some(
    ({ schema, table, columns }) =>
      schema === value.schema && table === value.table && value.columns.every(({ name }) => columns.includes(name)),
  );
}
