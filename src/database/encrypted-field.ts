import type { Part } from '../crypto/encrypted-value.ts';

/** A field of a model, as schema.prisma names it, and its column in the database. */
export interface NamedColumn {
  readonly field: string;
  readonly column: string;
}

/** An encrypted value of a model, as prisma/schema.prisma describes it: the output of the generator prisma/encrypted-fields.ts. */
export interface EncryptedField {
  readonly model: string;
  readonly table: string;
  readonly id: NamedColumn;
  /** The column that holds each part, in hex. */
  readonly parts: Readonly<Record<Part, NamedColumn>>;
}
