import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { expectAllUnder, fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { encryptedFieldsOf } from '../support/tool/prisma-generate.ts';
import { runHere } from '../support/tool/run-here.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const read = (...names: readonly string[]) => readFileSync(path.join(root, ...names), 'utf8');
const [, grants = ''] = /^```sql\n(CREATE ROLE [\s\S]*?)^```$/mu.exec(read('docs', 'scheduling.md')) ?? [];
const [, line = ''] = /^```prisma\n(.*\n)```$/mu.exec(read('docs', 'zero-downtime.md')) ?? [];
const [model = ''] = /^model UserApiKey [\s\S]*?^\}$/mu.exec(read('prisma', 'schema.prisma')) ?? [];

const database = useDatabase();
const role = `rotation_${randomBytes(6).toString('hex')}`;
const password = secret(randomBytes(12).toString('hex'));
const url = Object.assign(new URL(database.url), { username: role, password });
const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const env = { DATABASE_URL: url.href, ENCRYPTION_KEYS: `${freshKey} ${oldKey}` };

beforeAll(() =>
  database.pool.query(`${read('prisma', 'encryption-keys.sql')}
    ${grants.replaceAll(/\brotation\b/gu, role)} ALTER ROLE ${role} PASSWORD '${password}'`),
);
afterAll(() => database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));

async function run(...args: readonly string[]) {
  return runHere(args, env, false, await encryptedFieldsOf(model.replace('\n  @@map', `${line}\n  @@map`)));
}

describe('a role with the privileges of docs/scheduling.md', () => {
  it('can sweep, verify, look at the status and retire, enters the keys in the registry, and records what it found', async () => {
    const plaintexts = await fillTable(database, oldKey, 10);
    const { code, stdout, stderr } = await run('--batch-size', '100');
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('is not recorded in'),
    });
    expectAllUnder(freshKey, await readTable(database), plaintexts);
    const { rows } = await database.pool.query('SELECT fingerprint, last_verified_at, unused_since FROM encryption_keys');
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual({ fingerprint: fingerprintOf(freshKey), last_verified_at: expect.any(Date), unused_since: null });
    expect(rows).toContainEqual({ fingerprint: fingerprintOf(oldKey), last_verified_at: null, unused_since: expect.any(Date) });
    expect((await run('verify')).code).toBe(0);
    const status = await run('status', '--max-age', '365d', '--max-unverified', '3d');
    expect(status.code, status.stderr).toBe(0);
    await database.pool.query(`ALTER TABLE user_api_keys ALTER key_id SET NOT NULL;
      UPDATE encryption_keys SET unused_since = unused_since - interval '1 day'`);
    expect(await run('retire', fingerprintOf(oldKey), '--no-escrow')).toMatchObject({ code: 0 });
  });
});
