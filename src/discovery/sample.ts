import type { StoredValue } from '../layout/layout.ts';

/** What a column holds: text (also varchar and char), bytes (bytea), or json (also jsonb). */
export type ColumnKind = 'text' | 'bytes' | 'json';

export interface SampledColumn {
  /** As the database names it. */
  readonly name: string;
  readonly kind: ColumnKind;
}

/** Some rows of a table. Each has a cell for every column, in the form that a layout reads. */
export interface Sample {
  readonly columns: readonly SampledColumn[];
  readonly rows: readonly StoredValue[];
}

/** The column that names the rows: its type as Prisma calls it. */
export interface IdColumn {
  readonly name: string;
  readonly type: 'String' | 'Int' | 'BigInt';
}

/** A table that was looked at. */
export interface TableSample extends Sample {
  readonly schema: string;
  readonly table: string;
  /** Its primary key, or another column that is unique and NOT NULL; null if no single one is. */
  readonly id: IdColumn | null;
}

/** What a search says nothing of. */
export interface NotRead {
  /** `unread`: it could not be looked at, or not in full; `empty`: there was no value to look at. */
  readonly kind: 'unread' | 'empty';
  readonly schema: string;
  readonly table: string;
  /** Null: the whole table. */
  readonly column: string | null;
  /** Such as `row-level security hides rows of it`. */
  readonly reason: string;
}
