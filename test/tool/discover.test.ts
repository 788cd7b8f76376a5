import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypt, insertKeys, newKey } from '../support/application/application.ts';
import { createDecoyTables, createEncryptedTables } from '../support/discovery/tables.ts';
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
    CREATE TABLE parted (id int, secret text) PARTITION BY RANGE (id);
    CREATE TABLE parted_one PARTITION OF parted FOR VALUES FROM (0) TO (10);
    GRANT SELECT ON key_view, hidden, vacant, parted, parted_one TO ${role}`);
});
afterAll(() => database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => {}));

describe('discover in a database of 50 tables', () => {
  it('prints the models of every encrypted value and of nothing else, and exits 3', async () => {
    const start = performance.now();
    const { code, stdout, stderr } = await runHere(['discover'], env);
    console.log(`discover: 50 tables in ${((performance.now() - start) / 1000).toFixed(2)} s`);
    console.log(stderr);
    expect(code, stderr).toBe(3);
    expect(stdout).toBe(MODELS);
  });
});
