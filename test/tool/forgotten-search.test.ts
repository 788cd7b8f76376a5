import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { joined, seal } from '../support/discovery/seal.ts';
import { fillTable, useDatabase } from '../support/table/database.ts';
import { defaultField } from '../support/table/default-field.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { withoutTlsWarning } from '../support/tool/without-tls-warning.ts';

const database = useDatabase();
const { pool } = database;
const keys = { OLD_ENCRYPTION_KEY: secret(newKey()), NEW_ENCRYPTION_KEY: secret(newKey()) };
const env = { ...keys, DATABASE_URL: database.url };
const role = `rotate_key_test_${randomBytes(6).toString('hex')}`;

function blob(): string {
  const { iv, content, tag } = seal(Buffer.from(keys.OLD_ENCRYPTION_KEY, 'hex'), 12);
  return joined('hex', ':', iv, content, tag);
}

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
    expect(withoutTlsWarning(stderr)).not.toContain('warning');
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

  it('says in one line what the role may not read, and goes on', async () => {
    await pool.query('CREATE TABLE other (secret text)');
    const few = await envOf(`GRANT SELECT, UPDATE ON user_api_keys TO ${role}`);
    const { code, stdout, stderr } = await runHere(['--dry-run'], few);
    expect(code, stdout).toBe(0);
    expect(
      withoutTlsWarning(stderr)
        .split('\n')
        .filter((line) => line.includes('warning')),
    ).toEqual([
      'rotate-encryption-key: warning: not searched for forgotten values: 2 tables (this role may not SELECT it: public.other, public.users)',
    ]);
  });

  it('passes over a column that is generated from a registered one', async () => {
    await pool.query('ALTER TABLE user_api_keys ADD COLUMN copy text GENERATED ALWAYS AS (content) STORED');
    try {
      const { code, stdout } = await runHere([], env);
      expect(code, stdout).toBe(0);
    } finally {
      await pool.query('ALTER TABLE user_api_keys DROP COLUMN copy');
    }
  });

  it('finds what a child table has beyond its parent, and only that', async () => {
    await pool.query('CREATE TABLE base (id int, secret text); CREATE TABLE other (more text) INHERITS (base)');
    await pool.query('INSERT INTO other VALUES (1, $1, $2)', [blob(), blob()]);
    const { code, stdout } = await runHere([], env);
    expect(code, stdout).toBe(3);
    const said = stdout.replaceAll(/\s+/gu, ' ');
    expect(said).toContain('public.base.secret');
    expect(said).toContain('public.other.more');
    expect(said).not.toContain('public.other.secret');
  });
});
