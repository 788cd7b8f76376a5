import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { encrypt, providerKey } from '../support/application/application.ts';
import { useDatabase } from '../support/table/database.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const keys = newKeys();
let schemas = 0;
let hasIcu = false;

beforeAll(async () => {
  const { rows } = await database.pool.query("SELECT FROM pg_collation WHERE collprovider = 'i' LIMIT 1");
  hasIcu = rows.length > 0;
  if (!hasIcu) console.log('false-done-ids: this PostgreSQL has no ICU, the tests of collations prove nothing here');
});

/** Makes a table of its own for ids of another type, and fills it with rows under the old key. */
async function tableOf(idType: string, ids: readonly string[], constraint = 'PRIMARY KEY (id)') {
  schemas += 1;
  const schema = `ids_${schemas}`;
  const table = `${schema}.user_api_keys`;
  await database.pool.query(
    `CREATE SCHEMA ${schema}; CREATE TABLE ${table} (id ${idType} NOT NULL, iv text, content text, tag text)`,
  );
  if (constraint.startsWith('CREATE')) await database.pool.query(constraint.replace('TABLE', table));
  else await database.pool.query(`ALTER TABLE ${table} ADD ${constraint}`);
  const values = ids.map(() => encrypt(keys.old, secret(providerKey())));
  const [type] = idType.split(' ');
  const given = 'unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (id, iv, content, tag)';
  await database.pool.query(`INSERT INTO ${table} SELECT id::${type}, iv, content, tag FROM ${given}`, [
    ids,
    ...(['iv', 'content', 'tag'] as const).map((column) => values.map((value) => value[column])),
  ]);
  const env = { ...environment(keys, database.url), DATABASE_URL: `${database.url}?schema=${schema}` };
  return { table, env, count: () => countBySequentialScan(database.url, table, keys) };
}

/** As nanoid makes them, in all of which signs and letters of both cases occur. */
function nanoids(count: number): string[] {
  return Array.from({ length: count }, () => randomBytes(16).toString('base64url').slice(0, 21));
}

async function makeCollation(): Promise<string> {
  const name = `order_${randomBytes(4).toString('hex')}`;
  await database.pool.query(`CREATE COLLATION public.${name} (provider = icu, locale = 'en-US-u-ka-shifted')`);
  return name;
}

/** What an upgrade of ICU does: other rules, the same index. */
async function changeCollation(name: string): Promise<void> {
  const { rows } = await database.pool.query(
    "SELECT FROM pg_attribute WHERE attrelid = 'pg_collation'::regclass AND attname = 'colllocale'",
  );
  const column = rows.length > 0 ? 'colllocale' : 'colliculocale';
  await database.pool.query(`UPDATE pg_collation SET ${column} = 'en-US' WHERE collname = '${name}'`);
}

describe.each([[[]], [['--batch-size', '100']], [['--batch-size', '5000']]])(
  'rows that the index or the operators of the id hide, rotated with %j',
  (options) => {
    it('by a collation whose rules have changed since the index was built: none is missed', async () => {
      if (!hasIcu) return;
      const collation = await makeCollation();
      const { env, count } = await tableOf(`text COLLATE public.${collation}`, nanoids(3000));
      await changeCollation(collation);

      const { code, stdout, stderr } = await runHere(options, env);

      const { old } = await count();
      if (code === 0) expect(old).toBe(0);
      else {
        expect(code, stderr).toBe(6);
        expect(old).toBeGreaterThan(0);
        expect(stdout).toContain(`${old} of 3000 rows`);
        expect(stdout).toContain('REINDEX');
        expect(stdout).not.toContain('retire the old key');
      }
      expect((await runHere(['verify'], env)).code).toBe(old === 0 ? 0 : 6);
    });

    it('by a unique index whose collation is not that of the column: none is missed', async () => {
      if (!hasIcu) return;
      const name = `ci_${randomBytes(4).toString('hex')}`;
      await database.pool.query(
        `CREATE COLLATION public.${name} (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
      );
      const ids = Array.from({ length: 1001 }, (_, index) => `key-${Math.floor(index / 2)}-${index % 2 === 0 ? 'a' : 'A'}`);
      const unique = 'CREATE UNIQUE INDEX ON TABLE (id COLLATE "C")';
      const { env, count } = await tableOf(`text COLLATE public.${name}`, ids, unique);

      const { code, stderr } = await runHere(options, env);

      expect(code, stderr).toBe(0);
      expect(await count()).toEqual({ old: 0, new: 1001, neither: 0 });
      expect((await runHere(['verify'], env)).code).toBe(0);
    });
  },
);

describe('an index from which rows are missing', () => {
  it('is noticed: exit 6, the rows are named, REINDEX is advised, and after it the same command finishes', async () => {
    const { env, count, table } = await tableOf('text', nanoids(3000));
    const [schema] = table.split('.');
    const name = new URL(database.url).pathname.slice(1);
    // A damaged index: it holds only some of the rows, and the catalog says that it holds all.
    await database.pool.query(`
      ALTER TABLE ${table} DROP CONSTRAINT user_api_keys_pkey;
      CREATE UNIQUE INDEX broken ON ${table} (id) WHERE pg_catalog.ascii(id) < 118;
      UPDATE pg_index SET indpred = NULL WHERE indexrelid = '${schema}.broken'::regclass;
      ALTER DATABASE ${name} SET enable_seqscan = off`);

    const { code, stdout } = await runHere(['--batch-size', '100'], env);

    const { old } = await count();
    expect(old).toBeGreaterThan(0);
    expect(code).toBe(6);
    expect(stdout).toContain('cannot be found by id');
    expect(stdout).toContain('REINDEX');

    await database.pool.query(`REINDEX TABLE ${table}; ALTER DATABASE ${name} RESET enable_seqscan`);
    expect((await runHere([], env)).code).toBe(0);
    expect(await count()).toEqual({ old: 0, new: 3000, neither: 0 });
  });
});

describe('ids of a type whose order or equality is not what the tool expects', () => {
  it.each([
    ['bytea', ['\\x01', '\\x02']],
    ['inet', ['10.0.0.1']],
    ['public.mood', ['sad', 'glad']],
  ])('%s is refused before anything is read', async (type, ids) => {
    if (type === 'public.mood') await database.pool.query("CREATE TYPE public.mood AS ENUM ('glad', 'sad')");
    schemas += 1;
    const schema = `ids_${schemas}`;
    await database.pool.query(`CREATE SCHEMA ${schema};
      CREATE TABLE ${schema}.user_api_keys (id ${type} PRIMARY KEY, iv text, content text, tag text)`);
    for (const id of ids) await database.pool.query(`INSERT INTO ${schema}.user_api_keys (id) VALUES ('${id}')`);
    const env = { ...environment(keys, database.url), DATABASE_URL: `${database.url}?schema=${schema}` };
    const { code, stderr } = await runHere([], env);
    expect(code).toBe(4);
    expect(stderr).toMatch(/column id of ids_\d+\.user_api_keys is \w+(?:\.mood)?, which the tool cannot page through/u);
    expect(stderr).not.toContain('prisma.');
  });

  it.each(['varchar(40)', 'char(21)', 'public.short_text', 'int', 'bigint'])('%s is not', async (type) => {
    if (type === 'public.short_text')
      await database.pool.query('CREATE DOMAIN public.short_text AS varchar(30) CHECK (length(VALUE) > 2)');
    const ids = type.endsWith('int') ? Array.from({ length: 20 }, (_, index) => `${index - 9}`) : nanoids(20);
    const { env, count } = await tableOf(type, ids);
    const { code, stderr } = await runHere(['--batch-size', '7'], env);
    expect(code, stderr).toBe(0);
    expect(await count()).toEqual({ old: 0, new: 20, neither: 0 });
  });
});
