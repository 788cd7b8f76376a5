import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { createDecoyTables, createEncryptedTables, ENCRYPTED_TABLES } from '../support/discovery/tables.ts';
import { useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 30;
const database = useDatabase();
const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const keys = [oldKey, freshKey].map((key) => Buffer.from(key, 'hex'));
const role = `rotate_key_test_${randomBytes(6).toString('hex')}`;
const url = new URL(database.url);
url.username = role;
url.password = secret(randomBytes(12).toString('hex'));
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: url.href };

const MODELS = `\
model Credentials {
  id   String  @id
  data String? /// @encrypted {content}{tag} base64
  iv   String? /// @encrypted {iv}
}

model Accounts {
  id           Int     @id
  accessToken  String? @map("access_token")  /// @encrypted(accessToken) enc:v1:{iv}{tag}{content} iv=16
  refreshToken String? @map("refresh_token") /// @encrypted(refreshToken) v1:{iv}{tag}{content} iv=12

  @@map("accounts")
}

model Integrations {
  id     BigInt @id
  config Json?  /// @encrypted {"iv":"{iv}","data":"{content}","tag":"{tag}"}

  @@map("integrations")
}

model LlmApiKeys {
  id        String  @id
  secretKey String? @map("secret_key") /// @encrypted {iv}:{content}:{tag}

  @@map("llm_api_keys")
}

model TzurotKeys {
  id      String  @id
  iv      String? /// @encrypted {iv}
  content String? /// @encrypted {content}
  tag     String? /// @encrypted {tag}

  @@map("tzurot_keys")
}

model Vault {
  id     Int    @id
  sealed Bytes? /// @encrypted {iv}{content}{tag} iv=12

  @@map("vault")
}
`;

beforeAll(async () => {
  const { pool } = database;
  await createEncryptedTables(pool, keys, ROWS);
  await createDecoyTables(pool, 40, ROWS);
  await pool.query(`
    CREATE ROLE ${role} LOGIN PASSWORD '${url.password}';
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role};
    CREATE TABLE forbidden AS SELECT * FROM llm_api_keys;
    CREATE TABLE half_forbidden AS SELECT * FROM llm_api_keys;
    GRANT SELECT (id, display) ON half_forbidden TO ${role};
    CREATE VIEW key_view AS SELECT * FROM llm_api_keys;
    CREATE TABLE hidden AS SELECT * FROM llm_api_keys;
    ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
    CREATE TABLE vacant (id int PRIMARY KEY, secret text);
    GRANT SELECT ON key_view, hidden, vacant TO ${role};
    CREATE FUNCTION octet_length(text) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$planted$$; END'`);
});
afterAll(() => database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => {}));

describe('discover in a database of 50 tables', () => {
  it('prints the models of every encrypted value and of nothing else, no cell, and exits 3', async () => {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    const { code, stdout, stderr } = await runHere(['discover'], env);
    const { user, system } = process.cpuUsage(cpu);
    const took = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`discover: 50 tables in ${took} s, of which ${((user + system) / 1e6).toFixed(1)} s on the processor`);
    expect(code, stderr).toBe(3);
    expect(stdout).toBe(MODELS);
    for (const cell of await cells(database.pool)) expect(stdout + stderr).not.toContain(cell);
  });

  it('says what it did not search, and why', async () => {
    const { stderr } = await runHere(['discover'], env);
    expect(talk(stderr)).toEqual(
      expect.arrayContaining([
        'nothing to search: it has no rows: public.user_api_keys, public.users, public.vacant',
        'warning: not searched: this role may not SELECT it: public.forbidden, public.half_forbidden.secret_key',
        'warning: not searched: row-level security hides rows of it: public.hidden',
        'values that are bound to associated data (aad) cannot be recognized: register them by hand',
        'error: found 7 encrypted values that prisma/schema.prisma does not have, in 47 tables',
      ]),
    );
    expect(stderr).not.toContain('key_view');
  });

  it('needs one key only, and finds what is under it', async () => {
    const { code, stderr } = await runHere(['discover'], { ...env, NEW_ENCRYPTION_KEY: undefined });
    expect(code).toBe(3);
    expect(talk(stderr)).toContain('error: found 6 encrypted values that prisma/schema.prisma does not have, in 47 tables');
  });

  it('goes on without a table that another session has locked', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN; LOCK TABLE llm_api_keys');
      const { code, stdout, stderr } = await runHere(['discover'], env);
      expect(code, stderr).toBe(3);
      expect(stdout).toBe(MODELS.replace(/model LlmApiKeys .*?\n\}\n\n/su, ''));
      expect(stderr).toContain('not searched: another session has locked it: public.llm_api_keys');
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});

function talk(stderr: string): string[] {
  return stderr.split('\n').map((line) => line.replace(/^rotate-encryption-key: /u, ''));
}

/** @returns everything that is long enough to be told from a word */
async function cells(pool: typeof database.pool): Promise<string[]> {
  const texts: string[] = [];
  for (const { name } of ENCRYPTED_TABLES) {
    const { rows } = await pool.query({ text: `SELECT * FROM "${name}"`, rowMode: 'array' });
    texts.push(...rows.flat().map((cell: unknown) => (Buffer.isBuffer(cell) ? cell.toString('hex') : String(cell))));
  }
  return texts.filter((text) => text.length > 20 && text !== 'openid email');
}
