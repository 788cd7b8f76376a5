import type { Pool } from 'pg';
import { expect } from 'vitest';
import { secret } from '../tool/known-secrets.ts';
import type { RawRow, StoredTable, StoredValue } from './stored-value.ts';

/** Tables under test: every plaintext by its field and id, and every row as it was. */
export interface Planted {
  readonly tables: readonly StoredTable[];
  readonly plaintexts: ReadonlyMap<string, string>;
  readonly before: ReadonlyMap<string, readonly RawRow[]>;
}

/** Makes the tables anew and fills each with rows under the key. */
export async function plantTables(pool: Pool, tables: readonly StoredTable[], key: Buffer, rows: number): Promise<Planted> {
  const plaintexts = new Map<string, string>();
  for (const { name, create, others, values } of tables) {
    await pool.query(`DROP TABLE IF EXISTS "${name}"; CREATE TABLE "${name}" (${create})`);
    for (let index = 0; index < rows; index += 1) {
      const row = others(index);
      const columns: Record<string, string | null> = { ...row };
      for (const value of values.filter(({ isThere }) => isThere(index))) {
        const plaintext = secret(`${value.name}, the secret ${'x'.repeat(index % 5)} of row ${row.id}`);
        plaintexts.set(placeOf(value, row), plaintext);
        Object.assign(columns, value.seal(key, plaintext, index, row));
      }
      await insert(pool, name, columns);
    }
  }
  return { tables, plaintexts, before: await readTables(pool, tables) };
}

async function insert(pool: Pool, table: string, row: RawRow): Promise<void> {
  const names = Object.keys(row).map((name) => `"${name}"`);
  const places = names.map((_, index) => `$${index + 1}`);
  await pool.query(`INSERT INTO "${table}" (${names.join(', ')}) VALUES (${places.join(', ')})`, Object.values(row));
}

/** @returns every column of every row as the server's text of it, in the order of the ids */
export async function readTables(pool: Pool, tables: readonly StoredTable[]): Promise<Map<string, readonly RawRow[]>> {
  const all = new Map<string, readonly RawRow[]>();
  for (const { name } of tables) {
    // Types of PostgreSQL's driver would lose digits and the order of members.
    const types = { getTypeParser: () => (text: string) => text };
    const { rows } = await pool.query<RawRow>({ text: `SELECT * FROM "${name}" ORDER BY id`, types });
    all.set(name, rows);
  }
  return all;
}

/**
 * Reads every value as its application does. Fails unless it can be read under `key`, and under none of the `others`, gives the
 * plaintext that was stored, and has the form that it had; and unless every other column is as it was, byte for byte.
 */
export async function expectReadable(
  pool: Pool,
  { tables, plaintexts, before }: Planted,
  key: Buffer,
  others: readonly Buffer[],
): Promise<void> {
  const now = await readTables(pool, tables);
  const found = new Map<string, string>();
  for (const { name, values } of tables) {
    const rows = now.get(name) ?? [];
    const written = new Set(values.flatMap(({ columns }) => columns));
    expect(rows.map((row) => without(row, written))).toEqual(before.get(name)?.map((row) => without(row, written)));
    for (const [index, row] of rows.entries()) {
      for (const value of values.filter((each) => isStored(each, row))) {
        found.set(placeOf(value, row), value.open(key, row));
        for (const other of others) expect(() => value.open(other, row), placeOf(value, row)).toThrow();
        const was = before.get(name)?.[index] ?? {};
        expect(value.form(row)).toBe(value.form(was));
      }
    }
  }
  expect(found).toEqual(plaintexts);
}

/** @returns how many values the application can read under the key */
export async function countReadable(pool: Pool, { tables }: Planted, key: Buffer): Promise<number> {
  const now = await readTables(pool, tables);
  return tables.flatMap(({ name, values }) =>
    (now.get(name) ?? []).flatMap((row) => values.filter((value) => isStored(value, row) && isUnder(key, value, row))),
  ).length;
}

function isStored({ columns: [column = ''] }: StoredValue, row: RawRow): boolean {
  return row[column] !== null;
}

function isUnder(key: Buffer, value: StoredValue, row: RawRow): boolean {
  try {
    value.open(key, row);
    return true;
  } catch {
    return false;
  }
}

function placeOf({ name }: StoredValue, { id }: RawRow): string {
  return `${name} of ${id}`;
}

function without(row: RawRow, columns: ReadonlySet<string>): RawRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !columns.has(name)));
}
