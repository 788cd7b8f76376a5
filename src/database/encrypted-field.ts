import { createLayout } from '../layout/layout.ts';
import type { LayoutDefinition } from '../layout/template.ts';

/** A field of a model, as schema.prisma names it, and its column in the database. */
export interface NamedColumn {
  readonly field: string;
  readonly column: string;
}

/** An encrypted value of a model, as prisma/schema.prisma describes it: the output of the generator prisma/encrypted-fields.ts. */
export interface EncryptedField {
  /** Such as `Account.access`; only `UserApiKey` if the model's only value has no name. */
  readonly name: string;
  readonly model: string;
  /** As `@@schema` says; null: the schema of DATABASE_URL. */
  readonly schema: string | null;
  readonly table: string;
  readonly id: NamedColumn;
  /** Every column that the layout reads or writes, once each: those of the layout first, then those that only the associated data needs. */
  readonly columns: readonly NamedColumn[];
  /** Names columns by `field`. */
  readonly layout: LayoutDefinition;
}

/**
 * @param fields - all of the run
 * @param defaultSchema - that of DATABASE_URL
 * @returns the columns, apart from the id, that other values of the same row are bound to: no write of this one may change them
 */
export function boundBeside(field: EncryptedField, fields: readonly EncryptedField[], defaultSchema: string): readonly string[] {
  const schemaOf = ({ schema }: EncryptedField) => schema ?? defaultSchema;
  const others = fields.filter((other) => other !== field && other.table === field.table && schemaOf(other) === schemaOf(field));
  const bound = others.flatMap(({ columns, layout }) => {
    const names = createLayout(layout).bound;
    return columns.flatMap((named) => (names.includes(named.field) ? [named.column] : []));
  });
  return [...new Set(bound)].filter((column) => column !== field.id.column);
}
