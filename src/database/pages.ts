import type { Pool } from 'pg';
import type { Row } from '../rotation/store.ts';
import { readInTransaction } from './own-names.ts';
import type { Table } from './table.ts';
import { read as asText } from './value-column.ts';

/** Reads rows by their ids, hence by the index of the ids. */
export interface PageReader {
  readPage(after: string | null, limit: number): Promise<Row[]>;
  readRows(ids: readonly string[]): Promise<Row[]>;
}

export function createPageReader(pool: Pool, table: Table): PageReader {
  const { name, idType } = table;
  // With the table before it: a bare name in ORDER BY is one of the result, which has the id twice if the associated data names it.
  const id = `stored.${table.id}`;
  const select = `SELECT ${columnsOf(table)} FROM ${name} AS stored`;

  async function read(text: string, values: readonly unknown[]): Promise<Row[]> {
    const client = await pool.connect();
    try {
      const query = { text, values: [...values], rowMode: 'array' as const };
      const { rows } = await readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', () => client.query(query));
      client.release();
      return rows.map((row) => toRow(table, row));
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  return {
    // By keyset: an offset would skip rows, or repeat them, if others are inserted or deleted in the meantime.
    readPage: (after, limit) =>
      after === null
        ? read(`${select} ORDER BY ${id} LIMIT $1`, [limit])
        : read(`${select} WHERE ${id} > $2::${idType} ORDER BY ${id} LIMIT $1`, [limit, after]),
    readRows: (ids) => read(`${select} WHERE ${id} = ANY ($1::${idType}[])`, [ids]),
  };
}

/** @returns the id and the columns of the field, as SQL lists them: each gives text */
export function columnsOf({ id, values }: Table): string {
  return [id, ...values.map(asText)].join(', ');
}

/** @param row - as `columnsOf` lists it */
export function toRow({ values }: Table, row: readonly (string | null)[]): Row {
  const stored: Record<string, string | null> = {};
  let index = 1;
  for (const { field } of values) {
    stored[field] = row[index] ?? null;
    index += 1;
  }
  return { id: String(row[0]), stored };
}
