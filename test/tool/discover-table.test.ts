import { beforeEach, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { joined, seal } from '../support/discovery/seal.ts';
import { fillTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const key = secret(newKey());
const env = { OLD_ENCRYPTION_KEY: key, DATABASE_URL: database.url };

function blob(): string {
  const { iv, content, tag } = seal(Buffer.from(key, 'hex'), 12);
  return joined('hex', ':', iv, content, tag);
}

beforeEach(() =>
  database.pool.query(`
    ALTER TABLE user_api_keys DROP COLUMN IF EXISTS recovery;
    DROP TABLE IF EXISTS parted, parent CASCADE;
    DROP TABLE IF EXISTS large`),
);

describe('discover where all that is encrypted is registered', () => {
  it('names it, prints no model, and exits 0', async () => {
    await fillTable(database, key, 8);
    const { code, stdout, stderr } = await runHere(['discover'], env);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /registered already: public\.user_api_keys: iv, content, tag: of 8 rows sampled, 8 under [0-9a-f]{16}\n/u,
    );
    expect(stderr).toContain('the only encrypted value found is in prisma/schema.prisma already');
  });

  it('exits 0 where nothing is encrypted, and doubts the keys', async () => {
    await fillTable(database, newKey(), 8);
    const { code, stdout, stderr } = await runHere(['discover'], env);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('no value under these keys in 2 tables');
    expect(stderr).toContain('if some were expected, check the keys and the database in DATABASE_URL');
  });
});

describe('discover in a table', () => {
  it('that is registered, prints the lines to add', async () => {
    await fillTable(database, key, 3);
    await database.pool.query('ALTER TABLE user_api_keys ADD COLUMN recovery text');
    await database.pool.query('UPDATE user_api_keys SET recovery = $1', [blob()]);
    const { code, stdout } = await runHere(['discover'], env);
    expect(code).toBe(3);
    expect(stdout).toBe('// add to model UserApiKey:\n  recovery String? /// @encrypted(recovery) {iv}:{content}:{tag}\n');
  });

  it('that has partitions, or child tables, names it once', async () => {
    await database.pool.query(`
      CREATE TABLE parted (id int, secret text) PARTITION BY RANGE (id);
      CREATE TABLE parted_one PARTITION OF parted FOR VALUES FROM (0) TO (10);
      CREATE TABLE parent (id int PRIMARY KEY, secret text);
      CREATE TABLE child () INHERITS (parent)`);
    await database.pool.query('INSERT INTO parted VALUES (1, $1)', [blob()]);
    await database.pool.query('INSERT INTO child VALUES (1, $1)', [blob()]);
    const { code, stdout } = await runHere(['discover'], env);
    expect(code).toBe(3);
    expect(stdout).toBe(`\
model Parent {
  id     Int     @id
  secret String? /// @encrypted {iv}:{content}:{tag}

  @@map("parent")
}

model Parted {
  // an id is missing: it has to be a column that is unique and NOT NULL by itself, of type String, Int or BigInt
  secret String? /// @encrypted {iv}:{content}:{tag}

  @@map("parted")
}
`);
  });

  it('finds a value in the only row of many that has one, and passes over long cells', async () => {
    await database.pool.query('CREATE TABLE large (id bigint PRIMARY KEY, secret text, page text)');
    await database.pool.query(
      `INSERT INTO large SELECT n, CASE n WHEN 19000 THEN $1 END, CASE n WHEN 3 THEN repeat('x', 20000) END FROM generate_series(1, 20000) n`,
      [blob()],
    );
    const { code, stdout, stderr } = await runHere(['discover'], env);
    expect(code).toBe(3);
    expect(stdout).toContain('  secret String? /// @encrypted {iv}:{content}:{tag}\n');
    expect(stderr).toContain('no value of up to 16 kB was found: public.large.page');
  });
});

describe('discover that cannot begin', () => {
  it.each([
    ['without a key', { DATABASE_URL: database.url }, 2, 'no key is set'],
    ['with a malformed key', { ...env, NEW_ENCRYPTION_KEY: 'abc' }, 2, 'NEW_ENCRYPTION_KEY contains|NEW_ENCRYPTION_KEY has 3'],
    ['without a database', { OLD_ENCRYPTION_KEY: key }, 2, 'DATABASE_URL is not set'],
    ['in a schema that is not there', { ...env, DATABASE_URL: `${database.url}?schema=none` }, 4, 'there is no schema none'],
    ['where no server answers', { ...env, DATABASE_URL: 'postgresql://a:password@127.0.0.1:1/x' }, 4, '127.0.0.1:1'],
  ])('%s, exits with the reason', async (_title, given, exitCode, message) => {
    const { code, stdout, stderr } = await runHere(['discover'], given);
    expect(code, stderr).toBe(exitCode);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(message, 'u'));
  });
});
