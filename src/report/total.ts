import { type Census, countUnder, type UnreadableRow } from '../rotation/census.ts';
import type { FieldCensus } from '../rotation/result.ts';
import type { KeyWords } from './key-words.ts';
import type { NamedKey } from './report.ts';
import { type NamedRow, rowCount, verb } from './wording.ts';

/** How fields are spoken of: if there is only one, its values are called rows. */
export interface Words {
  /** @returns for example `5 rows`, or `5 values` */
  readonly count: (values: number) => string;
  readonly noun: 'row' | 'value';
  /** Where they are, whether in one table or in several. */
  readonly place: 'the table' | 'the data';
  /** @returns for example `the table`, or `the table of Account.access` */
  readonly tableOf: (field: string) => string;
  /** @returns for example `row 7`, or `Account.access of row 7` */
  readonly rowName: (field: string, id: string) => string;
  /** @returns what stands before a sentence about one field */
  readonly prefix: (field: string) => string;
}

/** What the surveys of all fields found together. */
export interface Total extends Words {
  readonly rows: number;
  /** Rows that hold a value. */
  readonly values: number;
  /** Rows with a wrong or missing key id: see Census. */
  readonly misnamed: number;
  readonly unreadable: number;
  /** The first of those. */
  readonly unreadableRows: readonly NamedRow[];
  readonly uncommitted: readonly string[];
  readonly under: (keys: readonly NamedKey[], role: NamedKey['role']) => number;
}

const ONE: Words = {
  ...{ noun: 'row', place: 'the table', count: rowCount },
  tableOf: () => 'the table',
  rowName: (_field, id) => `row ${id}`,
  prefix: () => '',
};
const SEVERAL: Words = {
  ...{ noun: 'value', place: 'the data' },
  count: (values) => `${values} ${values === 1 ? 'value' : 'values'}`,
  tableOf: (field) => `the table of ${field}`,
  rowName: (field, id) => `${field} of row ${id}`,
  prefix: (field) => `${field}: `,
};

/** @param fields - how many there are */
export function wordsFor(fields: number): Words {
  return fields === 1 ? ONE : SEVERAL;
}

export function totalOf(fields: readonly FieldCensus[]): Total {
  const words = wordsFor(fields.length);
  const sum = (count: (census: Census) => number) => fields.reduce((total, { census }) => total + count(census), 0);
  return {
    ...words,
    rows: sum(({ rows }) => rows),
    values: sum(({ rows, withoutValue }) => rows - withoutValue),
    misnamed: sum(({ misnamed }) => misnamed),
    unreadable: sum(({ unreadable }) => unreadable),
    unreadableRows: fields.flatMap(({ field, census }) => namedRows(words, field, census.unreadableRows)),
    // Fields of one table have the same.
    uncommitted: [...new Set(fields.flatMap(({ census }) => census.uncommitted))],
    under: (keys, role) => sum((census) => countRole(census, keys, role)),
  };
}

export function namedRows(words: Words, field: string, rows: readonly UnreadableRow[]): NamedRow[] {
  return rows.map(({ id, why }) => ({ name: words.rowName(field, id), why }));
}

/** @returns how many rows are under the keys of a role */
export function countRole(census: Census, keys: readonly NamedKey[], role: NamedKey['role']): number {
  return countUnder(
    census,
    keys.filter((key) => key.role === role),
  );
}

/** Says where there is no value at all. */
export function nothingThere({ rows, noun }: Total): string {
  if (rows > 0) return 'no row has a value';
  return noun === 'row' ? 'the table is empty' : 'there are no rows';
}

/** Says how many rows there are in which there is nothing to decrypt. */
export function withoutValue({ rows, values, noun, count }: Total): string[] {
  const nulls = rows - values;
  if (nulls === 0) return [];
  const are = noun === 'row' ? verb(nulls, 'has no value', 'have no value') : verb(nulls, 'is null', 'are null');
  return [`${count(nulls)} ${are}: nothing is encrypted there`];
}

/** @returns all of them, after a `not` or a `neither`: `any of the 5 rows` */
export function anyOf(values: number, count: Words['count']): string {
  return values === 1 ? `the only ${count(1).slice(2)}` : `any of the ${count(values)}`;
}

/** Says how many values no key can decrypt, and the likely cause. */
export function unreadableHeadline({ values, unreadable, unreadableRows, count }: Total, { none }: KeyWords): string {
  if (unreadable < values) return `${none} can decrypt ${unreadable} of ${count(values)}`;
  const cause = unreadableRows.every(({ why }) => why.kind === 'not-authentic') ? ': wrong keys or wrong database' : '';
  return `${none} can decrypt ${anyOf(values, count)}${cause}`;
}
