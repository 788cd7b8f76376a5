import { beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/report/exit-code.ts';
import { countReadable, expectReadable, type Planted, plantTables, readTables } from '../support/formats/planted.ts';
import { TABLES } from '../support/formats/tables.ts';
import { fingerprintOf } from '../support/formats/tables-bound.ts';
import { useFormats } from '../support/formats/use-formats.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';

const ROWS = 12;
const { database, oldKey, freshKey, run, newFile } = useFormats();
const { pool } = database;
let planted: Planted;

beforeEach(async () => {
  planted = await plantTables(pool, TABLES, oldKey, ROWS);
});

async function expectAllUnder(key: Buffer, other: Buffer): Promise<void> {
  await expectReadable(pool, planted, key, [other]);
}

async function keyIds(): Promise<unknown[]> {
  const { rows } = await pool.query('SELECT DISTINCT key_id FROM webhook_endpoints');
  return rows.map(({ key_id: id }) => id);
}

describe('one run over the tables of several applications', () => {
  it.each([1, 500])('rotates every value in its own form, %i at a time, and nothing else', async (size) => {
    const { code, stdout } = await run(['--batch-size', `${size}`]);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('done: every value is under the new key');
    await expectAllUnder(freshKey, oldKey);
    expect(await keyIds()).toEqual([fingerprintOf(freshKey)]);
    expect((await run(['verify'])).code).toBe(0);
    const rotated = await readTables(pool, TABLES);
    expect((await run([])).code).toBe(0);
    expect(await readTables(pool, TABLES)).toEqual(rotated);
  });

  it('writes nothing in a dry run', async () => {
    const { code, stdout } = await run(['--dry-run']);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`a run would rotate ${planted.plaintexts.size} values to the new key`);
    expect(await readTables(pool, TABLES)).toEqual(planted.before);
  });

  it.each([1, 500])('leaves every value readable under the old key after a rollback, %i at a time', async (size) => {
    expect((await run(['--batch-size', '500'])).code).toBe(0);
    const { code, stdout } = await run(['--rollback', '--batch-size', `${size}`]);
    expect(code, stdout).toBe(0);
    await expectAllUnder(oldKey, freshKey);
    expect(await keyIds()).toEqual([fingerprintOf(oldKey)]);
  });

  it.each([1, 500])('brings every column back byte for byte from a backup, %i at a time', async (size) => {
    const backup = newFile('backup');
    const rotated = await run(['--backup', backup, '--batch-size', `${size}`]);
    expect(rotated.code, rotated.stderr).toBe(0);
    await expectAllUnder(freshKey, oldKey);
    const { code, stdout } = await run(['restore', backup]);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`put back ${planted.plaintexts.size} values`);
    expect(await readTables(pool, TABLES)).toEqual(planted.before);
  });
});

describe('a run over several applications that is interrupted', () => {
  it('leaves each value under one of the keys, and the next run finishes it', async () => {
    const interruption = new AbortController();
    const backups = [newFile('backup'), newFile('backup')];
    const interrupted = await whileHolding(
      database,
      '7',
      async (release) => {
        const running = run(['--backup', `${backups[0]}`], interruption.signal);
        await somebodyWaits(database);
        interruption.abort(new Interrupted('SIGTERM'));
        await release();
        return running;
      },
      'accounts',
    );
    expect(interrupted.code, interrupted.stdout).toBe(143);
    const [under, left] = [await countReadable(pool, planted, freshKey), await countReadable(pool, planted, oldKey)];
    expect(under).toBeGreaterThan(4 * ROWS);
    expect(left).toBeGreaterThan(4 * ROWS);
    expect(under + left).toBe(planted.plaintexts.size);

    expect((await run(['--backup', `${backups[1]}`])).code).toBe(0);
    await expectAllUnder(freshKey, oldKey);
    for (const backup of backups.reverse()) expect((await run(['restore', backup])).code).toBe(0);
    expect(await readTables(pool, TABLES)).toEqual(planted.before);
  });
});

describe('two values of one row', () => {
  const [access, refresh] = TABLES.flatMap(({ values }) => values.filter(({ name }) => name.startsWith('Account.')));

  /** Runs the tool; while it waits to write the access token of account 4, the application stores these. */
  async function runWhileStoring(...stored: readonly (readonly [column: string, text: string])[]): Promise<void> {
    const { code, stdout } = await whileHolding(
      database,
      '4',
      async (release, holder) => {
        const running = run([]);
        await somebodyWaits(database);
        for (const [column, text] of stored) await holder.query(`UPDATE accounts SET ${column} = $1 WHERE id = 4`, [text]);
        await release();
        return running;
      },
      'accounts',
    );
    expect(code, stdout).toBe(0);
  }

  function sealed(value: typeof access, plaintext: string): readonly [column: string, text: string] {
    const [column = '', text] = Object.entries(value?.seal(oldKey, plaintext, 0, {}) ?? {})[0] ?? [];
    return [column, `${text}`];
  }

  async function account(): Promise<{ access: string | undefined; refresh: string | undefined }> {
    const row = (await readTables(pool, TABLES)).get('accounts')?.[3] ?? {};
    return { access: access?.open(freshKey, row), refresh: refresh?.open(freshKey, row) };
  }

  it('both changed by the application during the write of the first: both new ones are rotated', async () => {
    await runWhileStoring(sealed(access, 'a new access'), sealed(refresh, 'a new refresh'));
    expect(await account()).toEqual({ access: 'a new access', refresh: 'a new refresh' });
  });

  it('of which only the other one changes: it is not overwritten, and the first is written at once', async () => {
    const before = planted.plaintexts.get('Account.access of 4');
    await runWhileStoring(sealed(refresh, 'only the refresh'));
    expect(await account()).toEqual({ access: before, refresh: 'only the refresh' });
  });
});

describe('a value that does not fit its format', () => {
  it.each([
    ['UserApiKey', `user_api_keys SET iv = NULL`, 'iv is null'],
    ['UserApiKey', `user_api_keys SET tag = left(tag, 31)`, 'tag has an odd number of hex digits'],
    ['UserCredential', `user_credentials SET content = 'zz'`, 'content is not hex'],
    ['LlmApiKeys', `llm_api_keys SET secret_key = 'sk-plain'`, 'secretKey does not fit its template'],
    ['LlmApiKeys', `llm_api_keys SET secret_key = secret_key || ':'`, 'secretKey (does not fit its template|is not hex)'],
    ['LlmApiKeys', `llm_api_keys SET secret_key = '00' || secret_key`, 'secretKey has the wrong length'],
    ['Credentials', `"Credentials" SET data = NULL`, 'data is null'],
    ['Credentials', `"Credentials" SET data = rtrim(data, '=') || '==='`, 'data has the wrong number of ='],
    ['Account.access', `accounts SET access_token = 'v2' || substr(access_token, 3)`, 'accessToken does not fit its template'],
    ['Account.refresh', `accounts SET refresh_token = 'v1:abcd'`, 'refreshToken has the wrong length'],
    ['Integration.config', `integrations SET config = '[]'`, 'config is not a JSON object with the members'],
    ['Integration.config', `integrations SET config = config - 'tag'`, 'config is not a JSON object with the members'],
    ['Integration.config', `integrations SET config = 'null'`, 'config is not a JSON object with the members'],
    [
      'Integration.legacy',
      `integrations SET legacy = regexp_replace(legacy::text, '"note"', '"iv"')::json`,
      'legacy has the same JSON member twice',
    ],
    ['Document', `documents SET sealed = '\\x00'`, 'sealed has the wrong length'],
    ['Document', `documents SET version = NULL`, 'version is null, but is part of the associated data'],
    ['Document', `documents SET version = version + 1`, 'cannot be decrypted'],
    ['WebhookEndpoint', `webhook_endpoints SET secret = replace(secret, '.', '+')`, 'secret does not fit its template'],
  ])('stops the run before the first write: %s: UPDATE %s', async (field, change, reason) => {
    const table = change.split(' ')[0] ?? '';
    const { rows } = await pool.query<{ id: string }>(
      `UPDATE ${change} WHERE id = (SELECT id FROM ${table} ORDER BY id OFFSET 3 LIMIT 1) RETURNING id::text`,
    );
    const damaged = await readTables(pool, TABLES);
    const { code, stdout } = await run([]);
    expect(code, stdout).toBe(3);
    expect(stdout).toContain(`neither key can decrypt 1 of ${planted.plaintexts.size} values`);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toMatch(new RegExp(`${field} of row ${rows[0]?.id}: ${reason}`, 'u'));
    expect(await readTables(pool, TABLES)).toEqual(damaged);
  });

  it('is passed over with --skip-unreadable, and all others are rotated', async () => {
    await pool.query(`UPDATE documents SET version = NULL WHERE version = 3; UPDATE accounts SET access_token = '' WHERE id = 4`);
    const { code, stdout } = await run(['--skip-unreadable', '--batch-size', '500']);
    expect(code, stdout).toBe(3);
    expect(await countReadable(pool, planted, freshKey)).toBe(planted.plaintexts.size - 2);
  });
});
