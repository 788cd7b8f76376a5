/** A row as the server sends it: every column as PostgreSQL's text of it, by its name in the database. */
export type RawRow = Readonly<Record<string, string | null>>;

/** An encrypted value of a table, and the application's own code for it. */
export interface StoredValue {
  /** As the tool names it. */
  readonly name: string;
  /** The columns that a rotation writes. */
  readonly columns: readonly string[];
  /** Of those, the one that holds the id of the key; null if there is none. */
  readonly keyId: string | null;
  /** Whether the tag is bound to associated data. */
  readonly bound: boolean;
  /** Whether row number `index` has one. */
  readonly isThere: (index: number) => boolean;
  /** @returns what the application stores in the columns of the value; `others` are the other columns of the row */
  readonly seal: (key: Buffer, plaintext: string, index: number, others: RawRow) => RawRow;
  /** @throws Error if the key is not the one */
  readonly open: (key: Buffer, row: RawRow) => string;
  /** @returns what has to stay the same in the stored text when the key changes */
  readonly form: (row: RawRow) => string;
}

/** A table of an application. */
export interface StoredTable {
  /** Whose format it is. */
  readonly application: string;
  readonly name: string;
  /** Between the parentheses of CREATE TABLE. */
  readonly create: string;
  /** The model in schema.prisma. */
  readonly model: string;
  /** @returns the id and the other columns of row number `index`, which no rotation changes */
  readonly others: (index: number) => RawRow & { readonly id: string };
  readonly values: readonly StoredValue[];
}

/** @throws Error if the column is null or not there: then the application cannot read its row */
export function cell(row: RawRow, column: string): string {
  const text = row[column];
  if (text === null || text === undefined) throw new Error(`${column} is null`);
  return text;
}

/** @returns a text with every character that carries a value replaced by a letter that tells which kind it is */
export function formOf(text: string): string {
  return text
    .replace(/[0-9a-fA-F]{24,}/gu, (hex) => `<${/[A-F]/u.test(hex) ? 'UPPER' : 'lower'} ${hex.length}>`)
    .replace(/[A-Za-z0-9+/_-]{24,}/gu, (digits) => `<base64 ${digits.length}>`);
}
