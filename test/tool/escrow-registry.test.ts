import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readShareChecks } from '../../src/database/share-checks.ts';
import { newKey } from '../support/application/application.ts';
import { fileWith, type HeldShare, splitHere } from '../support/escrow/custodians.ts';
import { document } from '../support/escrow/document.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { useDatabase } from '../support/table/database.ts';
import { namedField } from '../support/table/registry.ts';
import { plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { withoutTlsWarning } from '../support/tool/without-tls-warning.ts';

const database = useDatabase();
const { pool } = database;
const sql = (name: string) => readFileSync(path.join(import.meta.dirname, '..', '..', 'prisma', name), 'utf8');
const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const fingerprint = fingerprintOf(freshKey);
const DATABASE_URL = database.url;
let shares: readonly HeldShare[];

beforeAll(async () => {
  ({ shares } = await splitHere({ NEW_ENCRYPTION_KEY: freshKey }, 2, 3));
  await pool.query(sql('encryption-keys.sql'));
});
beforeEach(async () => {
  await pool.query(sql('encryption-key-shares.sql'));
  await pool.query(`INSERT INTO encryption_keys (fingerprint, source) VALUES ($1, 'text')`, [fingerprint]);
});
afterEach(() => pool.query('DROP TABLE IF EXISTS encryption_key_shares; DELETE FROM encryption_keys'));

const check = async (index: number, url = DATABASE_URL, held = shares) => {
  const ended = await runHere(['escrow', 'check', fileWith(held[index]?.text ?? '')], { DATABASE_URL: url });
  return { ...ended, stderr: withoutTlsWarning(ended.stderr) };
};
/** Whether the key counts as checked since a share of it was. */
const checkedSince = async () =>
  (
    await pool.query(
      `SELECT s.split_id, s.number FROM encryption_keys k JOIN encryption_key_shares s ON s.checked_at = k.escrow_checked_at
        WHERE k.fingerprint = $1`,
      [fingerprint],
    )
  ).rows.map(({ number }) => number);
const whole = (number: number) =>
  `done: share ${number} of 3 of key ${fingerprint} is whole\n  any 2 of the 3 shares give the key back\n`;
const today = /last on \d{4}-\d{2}-\d{2}\n/u;

describe('a check that is recorded', () => {
  it('counts the shares, and of the key, once all were checked, since when', async () => {
    for (const [index, checked] of [
      [1, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const { code, stdout, stderr } = await check(index);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`${whole(index + 1)}  recorded: ${checked} of 3 shares checked, last on `);
      expect(stdout).toMatch(today);
      expect(await checkedSince()).toEqual([]);
    }
    expect((await check(2)).stdout).toContain('recorded: 3 of 3 shares checked, last on ');
    // The second was checked before, and again after the first.
    expect(await checkedSince()).toEqual([1]);
    await check(2);
    expect(await checkedSince()).toEqual([1]);
    await check(0);
    expect(await checkedSince()).toEqual([2]);
    const { rows } = await pool.query(
      'SELECT operator <> $1 AND host <> $1 AND run_id IS NOT NULL AS signed FROM encryption_keys',
      [''],
    );
    expect(rows).toEqual([{ signed: true }]);
  });

  it('leaves alone who retired the key, and why', async () => {
    for (const index of [0, 1, 2]) await check(index);
    await pool.query(`UPDATE encryption_keys SET retired_at = now(), operator = 'somebody', reason = 'a robbed laptop'`);
    expect((await check(0)).stdout).toContain('recorded: 3 of 3 shares checked');
    const { rows } = await pool.query('SELECT operator, reason FROM encryption_keys');
    expect(rows).toEqual([{ operator: 'somebody', reason: 'a robbed laptop' }]);
  });

  it('of another split starts anew, and takes nothing away', async () => {
    for (const index of [0, 1, 2]) await check(index);
    const { shares: others } = await splitHere({ NEW_ENCRYPTION_KEY: freshKey }, 2, 3);
    expect((await check(0, DATABASE_URL, others)).stdout).toContain('recorded: 1 of 3 shares checked');
    expect(await checkedSince()).toEqual([1]);
    const checks = await readShareChecks(pool, settingsOf(DATABASE_URL));
    expect(checks?.map(({ checked, total, threshold }) => [checked, total, threshold])).toEqual([
      [1, 3, 2],
      [3, 3, 2],
    ]);
    for (const index of [1, 2]) await check(index, DATABASE_URL, others);
    const { rows } = await pool.query(
      `SELECT escrow_checked_at = (SELECT min(checked_at) FROM encryption_key_shares WHERE split_id = $1) AS is_new FROM encryption_keys`,
      [/^split: (.*)$/mu.exec(others[0]?.text ?? '')?.[1]],
    );
    expect(rows).toEqual([{ is_new: true }]);
  });

  it('waits for another custodian, so that the last two at the same time do not both miss the other', async () => {
    await check(0);
    const holder = new Client(DATABASE_URL);
    await holder.connect();
    await holder.query('BEGIN');
    // As weak as an ordinary UPDATE: the check of the foreign key would pass it.
    await holder.query('SELECT FROM encryption_keys FOR NO KEY UPDATE');
    const runs = Promise.all([check(1), check(2)]);
    await pool.query(`
      DO $$ BEGIN
        WHILE (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                                                       AND application_name = 'rotate-encryption-key') < 2 LOOP
          PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
        END LOOP;
      END $$`);
    await holder.query('COMMIT');
    await holder.end();
    expect((await runs).map(({ code }) => code)).toEqual([0, 0]);
    expect(await checkedSince()).toEqual([1]);
  });

  it('is shown by status, split by split', async () => {
    await plant(database, { old: freshKey, new: oldKey }, 2);
    const { shares: others } = await splitHere({ NEW_ENCRYPTION_KEY: freshKey }, 1, 2);
    for (const index of [0, 1]) await check(index);
    await check(0, DATABASE_URL, others);
    const [id, other] = [shares, others].map((held) => /^split: (.*)$/mu.exec(held[0]?.text ?? '')?.[1] ?? '');
    const env = { DATABASE_URL, NEW_ENCRYPTION_KEY: freshKey };
    const { stdout } = await runHere(['status'], env);
    const shown = [
      `escrow split ${other?.slice(0, 8)}: 1 of 1 shares checked`,
      `escrow split ${id?.slice(0, 8)}: 2 of 3 shares checked`,
    ];
    expect(stdout.match(/escrow split .* checked(?=, last on \d{4}-\d{2}-\d{2}$)/gmu)).toEqual(shown);
    const [key] = JSON.parse((await runHere(['status', '--json'], env)).stdout).keys;
    expect(key.escrowSplits).toMatchObject([
      { splitId: other, threshold: 1, total: 1, checked: 1 },
      { splitId: id, threshold: 2, total: 3, checked: 2 },
    ]);
  });

  it('needs no other privileges than those that docs/escrow.md gives', async () => {
    const grants = /```sql\n((?:GRANT .*\n)+)```/u.exec(document)?.[1] ?? expect.fail('no grants');
    const role = `custodian_${randomBytes(4).toString('hex')}`;
    const password = secret(randomBytes(8).toString('hex'));
    await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'; ${grants.replaceAll('TO custodian', `TO ${role}`)}`);
    const url = new URL(DATABASE_URL);
    Object.assign(url, { username: role, password });
    try {
      for (const index of [0, 1, 2]) expect(await check(index, url.href)).toMatchObject({ code: 0, stderr: '' });
      expect(await checkedSince()).toEqual([1]);
      const withoutAny = grants.split('\n')[0]?.replace('GRANT', 'REVOKE').replace('TO custodian', `FROM ${role}`);
      await pool.query(withoutAny ?? '');
      expect((await check(0, url.href)).stdout).toContain('  not recorded: ');
    } finally {
      await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});

describe('a check that cannot be recorded', () => {
  it.each<[title: string, statement: string, line: string]>([
    [
      'without the table of shares',
      'DROP TABLE encryption_key_shares',
      'there is no table public.encryption_key_shares in database',
    ],
    [
      'with another table of that name',
      'ALTER TABLE encryption_key_shares DROP COLUMN checked_at',
      'public.encryption_key_shares has no column checked_at: compare it with prisma/encryption-key-shares.sql\n',
    ],
    [
      'of a key that was never registered',
      'DELETE FROM encryption_keys',
      `public.encryption_keys does not have key ${fingerprint}`,
    ],
  ])('still says that the share is whole: %s', async (_title, statement, line) => {
    await pool.query(statement);
    const { code, stdout, stderr } = await check(1);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${whole(2)}  not recorded: ${line}`);
  });

  it('still says that the share is whole: with another table in the place of the registry', async () => {
    await pool.query('ALTER TABLE encryption_keys RENAME COLUMN run_id TO run');
    const { code, stdout } = await check(1).finally(() => pool.query('ALTER TABLE encryption_keys RENAME COLUMN run TO run_id'));
    expect(code).toBe(0);
    expect(stdout).toContain(
      `${whole(2)}  not recorded: public.encryption_keys has no column run_id: compare the table with prisma/encryption-keys.sql\n`,
    );
  });

  it('does not keep status from its work', async () => {
    await pool.query('ALTER TABLE encryption_key_shares DROP COLUMN checked_at');
    expect(await readShareChecks(pool, settingsOf(DATABASE_URL))).toBeNull();
  });

  it('still says that the share is whole: without a registry', async () => {
    const { code, stdout } = await check(1, `${DATABASE_URL}?schema=pg_catalog`);
    expect(code).toBe(0);
    expect(stdout).toContain(`${whole(2)}  not recorded: user `);
    expect(stdout).toContain('can see no table pg_catalog.encryption_keys in database ');
    expect(await readShareChecks(pool, { ...settingsOf(DATABASE_URL), schema: 'pg_catalog' })).toBeNull();
  });

  it('exits 4 if the database cannot be reached, and says that the share is whole', async () => {
    const { code, stdout, stderr } = await check(1, 'postgresql://app@127.0.0.1:1/app');
    expect(code).toBe(4);
    expect(stdout).toContain(whole(2));
    expect(stderr).toContain('error: the check was not recorded: nothing is listening on 127.0.0.1:1');
    expect(stderr).toContain('then check the share again\n');
  });
});

describe('escrow recover --verify', () => {
  const recover = (...args: readonly string[]) => {
    const files = shares.slice(1).map(({ text }) => fileWith(text));
    return runHere(['escrow', 'recover', ...files, '--verify', ...args], { DATABASE_URL }, false, [namedField]);
  };

  it('decrypts every row with the recovered key alone, and records it as a verification', async () => {
    await plant(database, { old: freshKey, new: oldKey }, 5);
    const { code, stdout, stderr } = await recover();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`rotate-encryption-key: the shares give key ${fingerprint}\n`);
    expect(stdout).toContain('done: the recovered key decrypts all 5 rows\n');
    expect(stdout).not.toContain('retire');
    const { rows } = await pool.query('SELECT last_verified_at IS NOT NULL AS verified, rows FROM encryption_keys');
    expect(rows).toEqual([{ verified: true, rows: '5' }]);
  });

  it('exits 6 if there are rows under another key', async () => {
    await plant(database, { old: oldKey, new: freshKey }, 5);
    const { code, stdout } = await recover();
    expect(code).toBe(6);
    expect(stdout).toContain('exit 6: the recovered key cannot decrypt any of the 5 rows\n');
  });
});
