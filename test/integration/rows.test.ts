import { describe, expect, it } from 'vitest';
import type { DatabaseSettings } from '../../src/database/settings.ts';
import type { Store } from '../../src/rotation/store.ts';
import { type Encrypted, encrypt, newKey } from '../support/application/application.ts';
import { fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { isInTheWay } from '../support/table/row-lock.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { locking } from '../support/tool/with-test-database.ts';

const database = useDatabase();
const settings: DatabaseSettings = settingsOf(database.url);
const key = newKey();

const withRows = <T>(work: (rows: Store) => Promise<T>) => locking(settings, work);
const partsOf = ({ iv, content, tag }: Encrypted) => ({ iv, content, tag });

describe('reading pages', () => {
  it('gives every row once, in the order of the ids', async () => {
    await fillTable(database, key, 25);
    const expected = (await readTable(database)).map(({ id }) => id);
    const read = await withRows(async (rows) => {
      const ids: string[] = [];
      for (let page = await rows.readPage(null, 7); page.length > 0; page = await rows.readPage(ids.at(-1) ?? null, 7)) {
        ids.push(...page.map(({ id }) => id));
      }
      return ids;
    });
    expect(read).toEqual(expected);
  });

  it('continues after a row that was deleted in the meantime', async () => {
    await fillTable(database, key, 4);
    const ids = (await readTable(database)).map(({ id }) => id);
    await database.pool.query('DELETE FROM user_api_keys WHERE id = $1', [ids[1]]);
    expect((await withRows((rows) => rows.readPage(ids[1] ?? null, 10))).map(({ id }) => id)).toEqual(ids.slice(2));
  });

  it('reads a null as null', async () => {
    await fillTable(database, key, 1);
    await database.pool.query('ALTER TABLE user_api_keys ALTER COLUMN tag DROP NOT NULL; UPDATE user_api_keys SET tag = NULL');
    expect((await withRows((rows) => rows.readPage(null, 10)))[0]?.stored['tag']).toBeNull();
  });
});

describe('compare-and-swap', () => {
  it('writes exactly the rows that still hold the old value, each with its own new one', async () => {
    await fillTable(database, key, 6);
    const before = await readTable(database);
    const swaps = before.map((row) => ({ id: row.id, before: partsOf(row), after: encrypt(key, row.id) }));
    for (const column of ['iv', 'content', 'tag'] as const) {
      const row = before[['iv', 'content', 'tag'].indexOf(column)];
      await database.pool.query(`UPDATE user_api_keys SET ${column} = 'ab' WHERE id = $1`, [row?.id]);
    }
    await database.pool.query('DELETE FROM user_api_keys WHERE id = $1', [before[3]?.id]);
    const changed = await readTable(database);

    const written = await withRows((rows) => rows.swap(swaps));

    expect([...written].sort()).toEqual(before.slice(4).map(({ id }) => id));
    const after = await readTable(database);
    expect(after.slice(0, 3)).toEqual(changed.slice(0, 3));
    expect(after.slice(3).map(partsOf)).toEqual(swaps.slice(4).map((swap) => swap.after));
  });

  it('does not overwrite a value that another transaction commits while the statement waits for the row', async () => {
    await fillTable(database, key, 1);
    const [row] = await readTable(database);
    if (row === undefined) throw new Error('no row');
    const theirs = encrypt(key, 'written by the application');
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('UPDATE user_api_keys SET iv = $1, content = $2, tag = $3', [theirs.iv, theirs.content, theirs.tag]);

    const written = await withRows(async (rows) => {
      const swapping = rows.swap([{ id: row.id, before: partsOf(row), after: encrypt(key, 'ours') }]);
      await isInTheWay(client);
      await client.query('COMMIT');
      return swapping;
    });
    client.release();

    expect(written).toEqual(new Set());
    expect((await readTable(database)).map(partsOf)).toEqual([theirs]);
  });

  it('works on text ids too, whatever they contain', async () => {
    await database.pool.query(
      `CREATE SCHEMA "od""d"; CREATE TABLE "od""d".user_api_keys (id varchar(40) PRIMARY KEY, iv text, content text, tag text)`,
    );
    const ids = ['', '0', "O'Brien", 'a,b', '{x}', 'NULL', 'é\u2028', '"'];
    const value = encrypt(key, 'x');
    await database.pool.query(`INSERT INTO "od""d".user_api_keys SELECT id, $2, $3, $4 FROM unnest($1::text[]) AS id`, [
      ids,
      value.iv,
      value.content,
      value.tag,
    ]);
    const after = encrypt(key, 'y');
    const written = await locking({ ...settings, schema: 'od"d' }, (rows) =>
      rows.swap(ids.map((id) => ({ id, before: value, after }))),
    );
    expect([...written].sort()).toEqual([...ids].sort());
    const { rows } = await database.pool.query(`SELECT DISTINCT iv, content, tag FROM "od""d".user_api_keys`);
    expect(rows).toEqual([after]);
  });
});
