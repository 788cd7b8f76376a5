import type { LockNumbers } from './lock-numbers.ts';
import type { Table } from './table.ts';
import { write as fromText, same as sameText, type ValueColumn } from './value-column.ts';
import { ASYNCHRONOUS, guard, impatient } from './write-guard.ts';

/** Stands in the error of a write that was undone, because the row no longer held what was sent. */
export const CHANGED_ON_ITS_WAY = 'rotate-encryption-key: not what was sent';

/** One row with a null for the id if nothing was written. */
const RESULT = 'SELECT guard.alive, written.id, written.intact FROM guard LEFT JOIN written ON true';

/** What a statement has besides if columns have to stay as they are: a table without such columns does not pay for it. */
interface Held {
  readonly query: string;
  readonly from: string;
  readonly where: string;
  /** What has to be true of the row after the write. */
  readonly intact: string;
}

/**
 * Locks the rows, which then have their latest version, and tells what is in the columns that have to stay as they are:
 * https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
 *
 * @param from - what `where` names besides
 */
function hold(table: Table, from: string, where: string): Held {
  const { name, id, kept } = table;
  if (kept.length === 0) return { query: '', from: '', where: '', intact: '' };
  const texts = kept.map((column, index) => `stored.${column}::pg_catalog.text AS kept_${index + 1}`);
  const same = kept.map((sql, index) => sameText({ sql, type: 'number', mayBeNull: true }, `held.kept_${index + 1}`));
  const query = `
  held AS MATERIALIZED (
    SELECT stored.${id} AS id, ${texts.join(', ')}
      FROM ${name} AS stored, ${from}
     WHERE guard.alive
       AND ${where}
       FOR UPDATE OF stored),`;
  return { query, from: ', held', where: `\n       AND ${sameId(table, 'held.id')}`, intact: ` AND ${same.join(' AND ')}` };
}

// Every type, function and operator is PostgreSQL's own (pg_catalog), whatever the search_path holds. Texts are compared byte for byte
// (collation "C"), whatever the collation of their column calls equal. `intact` is 1, or a failure, which undoes the statement: a
// trigger put something else into a row than was sent.

/** @returns the statement that swaps one row */
export function sqlForOne(table: Table, locks: LockNumbers): string {
  const { idType, values } = table;
  // $1 is the id; then come the values to be found, and then the values to be put in their place.
  const parameters = parametersOf(values, (which, index) => {
    const number = 2 + index + (which === 'found' ? 0 : values.length);
    return `$${number}::pg_catalog.text`;
  });
  return swapSql(table, guard(locks, ASYNCHRONOUS), 'guard', `$1::${idType}`, parameters);
}

/**
 * @param patienceMs - how long it waits for what another transaction holds
 * @returns the statement that swaps any number of rows: its parameters are arrays
 */
export function sqlForMany(table: Table, locks: LockNumbers, patienceMs: number): string {
  const { idType, values } = table;
  const parameters = parametersOf(values, (which, index) => `swap.${which}_${index + 1}`);
  const texts = [...values.map((_, index) => `found_${index + 1}`), ...written(values).map((_, index) => `put_${index + 1}`)];
  const arrays = [`$1::${idType}[]`, ...texts.map((_, index) => `$${index + 2}::pg_catalog.text[]`)];
  const names = ['id', ...texts];
  const swaps = `ROWS FROM (${arrays.map((each) => `pg_catalog.unnest(${each})`).join(', ')}) AS swap (${names.join(', ')})`;
  return swapSql(table, guard(locks, impatient(patienceMs)), `guard, ${swaps}`, 'swap.id', parameters);
}

/** @param expected - the SQL of the id, of which `from` gives one or many */
function swapSql(table: Table, first: string, from: string, expected: string, parameters: readonly Parameters[]): string {
  const { name, id } = table;
  const held = hold(table, from, sameId(table, expected));
  return `WITH ${first},${held.query}
  written AS (
    UPDATE ${name} AS stored
       SET ${assignments(parameters)}
      FROM ${from}${held.from}
     WHERE guard.alive
       AND ${sameId(table, expected)}
       AND ${allSame(parameters, 'found')}${held.where}
    RETURNING stored.${id} AS id, ${intact(allSame(parameters, 'put') + held.intact)})
  ${RESULT}`;
}

/** By the index of the ids, and then byte for byte. */
function sameId({ id, idCollation }: Table, expected: string): string {
  const equal = `stored.${id} OPERATOR(pg_catalog.=) ${expected}`;
  return idCollation === '' ? equal : `${equal} AND stored.${id}${idCollation} OPERATOR(pg_catalog.=) ${expected}`;
}

/** A column with the SQL of the text that is expected in it, and of the text that is put there: the same one if it is not written. */
interface Parameters {
  readonly column: ValueColumn;
  readonly found: string;
  readonly put: string;
}

/** @param text - gives the SQL of a text: that of a column to be found, or that of a column that is written */
function parametersOf(values: readonly ValueColumn[], text: (which: 'found' | 'put', index: number) => string): Parameters[] {
  const all = written(values);
  return values.map((column, index) => {
    const found = text('found', index);
    return { column, found, put: column.written ? text('put', all.indexOf(column)) : found };
  });
}

/** @returns the columns that a swap replaces */
export function written(values: readonly ValueColumn[]): readonly ValueColumn[] {
  return values.filter((column) => column.written);
}

function assignments(parameters: readonly Parameters[]): string {
  const replaced = parameters.filter(({ column }) => column.written);
  return replaced.map(({ column, put }) => `${column.sql} = ${fromText(column, put)}`).join(', ');
}

function allSame(parameters: readonly Parameters[], which: 'found' | 'put'): string {
  return parameters.map((each) => sameText(each.column, each[which])).join('\n       AND ');
}

function intact(condition: string): string {
  // concat() is not computed in advance, as a constant would be, and the text is no number.
  return `CASE WHEN ${condition} THEN 1 ELSE pg_catalog.concat('${CHANGED_ON_ITS_WAY}')::pg_catalog.int4 END AS intact`;
}
