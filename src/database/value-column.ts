/** A column of an encrypted field: those of its value, and those that its associated data is made of. */
export interface ValueColumn {
  /** As schema.prisma names it. */
  readonly field: string;
  /** As SQL names it. */
  readonly sql: string;
  readonly type: ColumnType;
  /** Whether it is a part of the value; otherwise it is only read and compared. */
  readonly written: boolean;
  /** Whether it holds the id of a key. */
  readonly isKeyId: boolean;
  /** Whether it may be null in a row that is written: a key id may, and beside one also the value that is not there. */
  readonly mayBeNull: boolean;
}

/** How SQL reads and writes a column whose content is text to the tool; `number` stands for all that is only read. */
export type ColumnType = 'text' | 'bpchar' | 'bytea' | 'json' | 'jsonb' | 'number';

export function typeOf(baseType: string): ColumnType {
  if (baseType === 'bpchar' || baseType === 'bytea' || baseType === 'json' || baseType === 'jsonb') return baseType;
  return TEXT_TYPES.includes(baseType) ? 'text' : 'number';
}

/** The types whose order and equality are PostgreSQL's own, and which a String of Prisma can hold. */
export const TEXT_TYPES = ['text', 'character varying', 'bpchar'];

/** @returns the SQL that gives the column as text: char(n) with its padding, as applications see it, but the id of a key without */
export function read({ sql, type, isKeyId }: ValueColumn): string {
  if (type === 'text' || (type === 'bpchar' && !isKeyId)) return sql;
  return type === 'bytea' ? `pg_catalog.encode(${sql}, 'hex')` : `${sql}::pg_catalog.text`;
}

/** @returns the SQL that makes of a text what the column holds */
export function write({ type }: ValueColumn, text: string): string {
  if (type === 'bytea') return `pg_catalog.decode(${text}, 'hex')`;
  return type === 'json' || type === 'jsonb' ? `${text}::pg_catalog.${type}` : text;
}

/** @returns the SQL condition that the column of `stored` is that text, byte for byte (collation "C"), or that both are null */
export function same({ sql, type, mayBeNull }: Pick<ValueColumn, 'sql' | 'type' | 'mayBeNull'>, text: string): string {
  const column = `stored.${sql}`;
  const stored = type === 'bytea' ? `pg_catalog.encode(${column}, 'hex')` : `${column}::pg_catalog.text`;
  // A cast of char(n) to text drops its padding.
  const expected = type === 'bpchar' ? `${text}::pg_catalog.bpchar::pg_catalog.text` : text;
  const equal = `${stored} COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) ${expected}`;
  return mayBeNull ? `(${equal} OR ${column} IS NULL AND ${text} IS NULL)` : equal;
}
