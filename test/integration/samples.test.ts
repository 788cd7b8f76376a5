import { beforeAll, describe, expect, it } from 'vitest';
import { QUICK } from '../../src/commands/search.ts';
import { listTables } from '../../src/database/list-tables.ts';
import { readInTransaction } from '../../src/database/own-names.ts';
import { readSamples } from '../../src/database/samples.ts';
import type { TableSample } from '../../src/discovery/sample.ts';
import { useDatabase } from '../support/table/database.ts';
import { settingsOf } from '../support/tool/settings.ts';

const TABLES = 800;
const database = useDatabase();
const settings = settingsOf(database.url);
const never = new AbortController().signal;

async function read(size = QUICK, slowness = 0, schema = 'many', statementTimeoutMs = 10_000) {
  const samples: TableSample[] = [];
  const schemas = [{ name: schema, required: true }];
  const notRead = await readSamples(database.pool, { ...settings, statementTimeoutMs }, schemas, size, never, (sample) => {
    samples.push(sample);
    const end = performance.now() + slowness;
    while (performance.now() < end);
  });
  return { samples, notRead };
}

beforeAll(async () => {
  await database.pool.query(`
    CREATE SCHEMA many;
    DO $$ BEGIN FOR n IN 1..${TABLES} LOOP
      EXECUTE format('CREATE TABLE many.t%s AS SELECT 1 a, ''x''::text b, 2 c, 3 d, 4 e, 5 f, 6 g, 7 h', n);
    END LOOP; END $$`);
});

describe('a list of many tables', () => {
  it('has all of them, with the types of their columns', async () => {
    const client = await database.pool.connect();
    const tables = await readInTransaction(client, 'READ ONLY', () => listTables(client, 'many'));
    client.release();
    expect(tables).toHaveLength(TABLES);
    expect(tables?.[0]?.columns.map(({ type }) => type).slice(0, 2)).toEqual(['integer', 'text']);
  });
});

describe('a search with little time', () => {
  it('ends when it is over, recognizing included, and names the tables that are left', async () => {
    const { samples, notRead } = await read({ ...QUICK, totalMs: 3000 }, 3000);
    // The second was read while the first was looked at.
    expect(samples).toHaveLength(2);
    const left = notRead.filter(({ reason }) => reason === 'no time left');
    expect(left).toHaveLength(TABLES - samples.length);
  });

  it('does not wait for locked tables', async () => {
    const client = await database.pool.connect();
    await client.query('CREATE SCHEMA IF NOT EXISTS held; CREATE TABLE held.a (b text); CREATE TABLE held.c (b text)');
    await client.query('BEGIN; LOCK TABLE held.a, held.c');
    try {
      const { notRead } = await read({ ...QUICK, lockMs: 20 }, 0, 'held');
      expect(notRead.map(({ table, reason }) => [table, reason])).toEqual([
        ['a', 'another session has locked it'],
        ['c', 'another session has locked it'],
      ]);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('goes on without a schema whose tables cannot be listed in time', async () => {
    const client = await database.pool.connect();
    await client.query('BEGIN; LOCK TABLE pg_catalog.pg_inherits');
    try {
      const { samples, notRead } = await read({ ...QUICK, totalMs: 200 });
      expect(samples).toEqual([]);
      expect(notRead).toMatchObject([{ kind: 'unread', schema: 'many', table: '*', column: null }]);
      await expect(read({ ...QUICK, totalMs: null }, 0, 'many', 200)).rejects.toThrow();
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});
