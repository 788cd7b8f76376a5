import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fillTable, useDatabase } from '../support/table/database.ts';
import { defaultField } from '../support/table/default-field.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const { pool } = database;
const keys = { OLD_ENCRYPTION_KEY: secret(newKey()), NEW_ENCRYPTION_KEY: secret(newKey()) };
const env = { ...keys, DATABASE_URL: database.url };
const role = `rotate_key_test_${randomBytes(6).toString('hex')}`;

/** @returns the environment of a role that may do this */
async function envOf(grants: string): Promise<typeof env> {
  const url = new URL(database.url);
  url.username = role;
  url.password = secret(randomBytes(12).toString('hex'));
  await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD '${url.password}'; ${grants}`);
  return { ...keys, DATABASE_URL: url.href };
}

const dropRole = () =>
  pool.query(`DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
    DROP OWNED BY ${role}; DROP ROLE ${role}; END IF; END $$`);

beforeEach(async () => {
  await dropRole();
  await pool.query('DROP TABLE IF EXISTS other, base CASCADE');
  await fillTable(database, keys.OLD_ENCRYPTION_KEY, 3);
});
afterAll(dropRole);

describe('the search for forgotten values before a rotation', () => {
  it('says nothing to a user whose role may read everything', async () => {
    const { code, stdout, stderr } = await runHere(['--dry-run'], env);
    expect(code, stdout).toBe(0);
    expect(stderr).not.toContain('warning');
  });

  it('does without the statistics where the role may not read them', async () => {
    const hardened = await envOf(
      `GRANT SELECT, UPDATE ON user_api_keys TO ${role}; REVOKE SELECT ON pg_catalog.pg_stats FROM PUBLIC`,
    );
    try {
      const { code, stdout } = await runHere(['--dry-run'], hardened);
      expect(code, stdout).toBe(0);
    } finally {
      await pool.query('GRANT SELECT ON pg_catalog.pg_stats TO PUBLIC');
    }
  });

  it('does without the schema of DATABASE_URL where every model has one of its own', async () => {
    const away = [{ ...defaultField, schema: 'public' }];
    const { code, stdout } = await runHere(['--dry-run'], { ...env, DATABASE_URL: `${database.url}?schema=none` }, false, away);
    expect(code, stdout).toBe(0);
  });
});
