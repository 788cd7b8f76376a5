import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { statusSchema } from '../../src/report/status-schema.ts';
import { encrypt, insertKeys, newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { age, enterKeys, insertNamed, namedField, useRegistry } from '../support/table/registry.ts';
import { lockIsFree, newKeys } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useRegistry();
const keys = newKeys();
const { pool } = database;
const [OLD, NEW] = [fingerprintOf(keys.old), fingerprintOf(keys.new)];
/** The values of ENCRYPTION_KEYS, in the order of docs/zero-downtime.md. */
const [FIRST, BOTH, TURNED, LAST] = [keys.old, `${keys.old} ${keys.new}`, `${keys.new} ${keys.old}`, keys.new];

const run = (args: readonly string[], list: string) =>
  runHere(args, { ENCRYPTION_KEYS: list, DATABASE_URL: database.url }, false, [namedField]);

type Report = z.infer<typeof statusSchema>;

/** @returns the JSON, which must be what its schema says */
async function look(list: string, ...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await run(['status', '--json', ...args], list);
  expect(stdout, stderr).not.toBe('');
  const report = statusSchema.parse(JSON.parse(stdout));
  expect(report.exitCode).toBe(code);
  expect(code).toBe(report.due.length > 0 ? 7 : 0);
  return report;
}

const values = ({ keys: all }: Report) => Object.fromEntries(all.map(({ fingerprint, values: count }) => [fingerprint, count]));
const kinds = ({ due }: Report) => due.map(({ kind }) => kind);
const must = async (args: readonly string[], list: string) => expect(await run(args, list)).toMatchObject({ code: 0 });

describe('status', () => {
  it('follows a rotation through every step, and says each time what to do next', async () => {
    await insertNamed(database, keys.old, 5, null);
    expect(await look(FIRST)).toMatchObject({ step: 'register', registry: 'public.encryption_keys' });
    await must(['register'], FIRST);
    await must([], FIRST);
    expect(await look(FIRST)).toMatchObject({ step: 'none', values: 5, nextSteps: [] });

    await must(['register'], BOTH);
    expect(await look(FIRST)).toMatchObject({
      step: 'prepared',
      keys: [{ name: 'first' }, { name: null, fingerprint: NEW, values: 0 }],
    });
    expect(await look(BOTH)).toMatchObject({ step: 'introduced' });

    expect(await look(TURNED)).toMatchObject({ step: 'sweep', due: [{ kind: 'values-under-other-keys', fingerprint: OLD }] });
    await insertNamed(database, keys.new, 2);
    const turned = await look(TURNED);
    expect(turned.step).toBe('sweep');
    expect(values(turned)).toEqual({ [NEW]: 2, [OLD]: 5 });
    expect(turned.nextSteps.join()).toMatch(/sweep \(step 4\): npx tsx scripts\/rotate-encryption-key.ts rotate$/u);
    expect(await look(BOTH)).toMatchObject({ step: 'behind' });

    await must(['rotate'], TURNED);
    const swept = await look(TURNED);
    expect(swept).toMatchObject({ step: 'swept', unaccounted: 0 });
    expect(values(swept)).toEqual({ [NEW]: 7, [OLD]: 0 });
    expect(swept.nextSteps.join()).toContain(`retire ${OLD}`);
    expect(await look(LAST)).toMatchObject({ step: 'retire' });

    await pool.query('ALTER TABLE user_api_keys ALTER COLUMN key_id SET NOT NULL');
    await age(database, keys.old, '25 hours');
    await must(['retire', OLD, '--no-escrow'], LAST);
    expect(await look(LAST)).toMatchObject({
      step: 'none',
      keys: [{ target: true }, { name: null, retiredAt: expect.any(String) }],
    });
    expect((await look(TURNED)).nextSteps).toEqual(['take the second key out of the variables everywhere: it is retired']);
    expect(await look(BOTH)).toMatchObject({ step: 'target-retired', exitCode: 7 });
  });

  it('says the same to a person, in a summary', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.old, 5);
    const { code, stdout, stderr } = await run(['status'], TURNED);
    expect(code).toBe(7);
    expect(stdout).toContain('exit 7: every row is under the second key, not under the first key');
    expect(stdout).toContain(`  second    ${OLD} (text): 5 rows`);
    expect(stderr).toContain('error: every row is under the second key');
  });

  it('counts by name with --fast, and says that it has proven nothing', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.old, 5);
    await insertNamed(database, keys.old, 2, NEW);
    await insertNamed(database, keys.old, 1, null);
    expect(values(await look(TURNED))).toEqual({ [NEW]: 0, [OLD]: 8 });
    const fast = await look(TURNED, '--fast');
    expect(fast).toMatchObject({ counted: 'named', values: 8, unaccounted: 1, step: 'other-keys' });
    expect(values(fast)).toEqual({ [NEW]: 2, [OLD]: 5 });
    expect(fast.details).toContain('counted by the key ids of the rows: nothing was decrypted or proven');
  });

  it('cannot count by name where rows have no key id', async () => {
    const { code, stderr } = await runHere(['status', '--fast'], { ENCRYPTION_KEYS: LAST, DATABASE_URL: database.url });
    expect(code).toBe(2);
    expect(stderr).toContain('error: --fast counts by the id of the key, and UserApiKey has no column for it');
  });

  it('is not disturbed by what somebody wrote into the registry', async () => {
    await pool.query('INSERT INTO encryption_keys (fingerprint, source) VALUES ($1, $2)', [OLD, 'text\u001b[2J\nnext:']);
    const { stdout } = await run(['status'], LAST);
    expect(stdout).toContain(`${OLD} (text\\u{1b}[2J\\u{a}next:)`);
  });
});

describe('what is due', () => {
  it('is a key that is too old, counted from its first use, and a verification that is', async () => {
    await enterKeys(database, keys.old);
    await insertNamed(database, keys.old, 5);
    const limits = ['--max-age', '365d', '--max-unverified', '35d'];
    expect(kinds(await look(FIRST, ...limits))).toEqual(['verification-too-old']);
    await must(['verify'], FIRST);
    expect(kinds(await look(FIRST, ...limits))).toEqual([]);
    await age(database, keys.old, '36 days');
    expect(kinds(await look(FIRST, ...limits))).toEqual(['verification-too-old']);
    await age(database, keys.old, '330 days');
    expect(kinds(await look(FIRST, ...limits))).toEqual(['target-too-old', 'verification-too-old']);
    await must(['verify'], FIRST);
    expect(kinds(await look(FIRST, ...limits))).toEqual(['target-too-old']);
    expect(kinds(await look(FIRST, '--max-age', '367d'))).toEqual([]);
    expect(kinds(await look(FIRST))).toEqual([]);
  });

  it('are values that none of the keys that are set decrypts, and the key that they name', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.old, 3);
    await insertNamed(database, keys.new, 2);
    const report = await look(FIRST);
    expect(report).toMatchObject({ step: 'other-keys', unaccounted: 2, due: [{ kind: 'values-unaccounted' }] });
    expect(report.keys).toMatchObject([
      { values: 3, valuesAre: 'decrypted' },
      { fingerprint: NEW, values: 2, valuesAre: 'named' },
    ]);
    expect(report.nextSteps).toContain(`set the keys as the services have them: rows name key ${NEW}`);
    await insertKeys(pool, [encrypt(newKey(), 'of nobody')]);
    expect(await look(BOTH)).toMatchObject({ unaccounted: 1, step: 'other-keys' });
  });

  it('are values under a retired key, whether it is set or not, until they are gone', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.new, 4);
    await pool.query('UPDATE encryption_keys SET retired_at = now() WHERE fingerprint = $1', [OLD]);
    await expect(insertNamed(database, keys.old, 1)).rejects.toMatchObject({ code: '23503' });
    await pool.query('TRUNCATE users CASCADE');
    await insertNamed(database, keys.new, 4);
    expect(await look(LAST)).toMatchObject({ step: 'none' });
    const { rows } = await pool.query(
      "SELECT conname FROM pg_constraint WHERE conrelid = 'user_api_keys'::regclass AND contype = 'f' AND confrelid = 'encryption_keys'::regclass",
    );
    await pool.query(`ALTER TABLE user_api_keys DROP CONSTRAINT ${rows[0].conname}`);
    try {
      await insertNamed(database, keys.old, 1);
      const retired = { kind: 'retired-key-in-use', fingerprint: OLD, message: expect.stringContaining('this must not happen') };
      for (const [list, ...args] of [[LAST], [TURNED], [LAST, '--fast'], [TURNED, '--fast']] as const) {
        expect(await look(list, ...args)).toMatchObject({ step: 'retired-key-in-use', due: expect.arrayContaining([retired]) });
      }
      // As it says itself.
      await must(['rotate'], TURNED);
      expect(await look(LAST)).toMatchObject({ step: 'none', exitCode: 0 });
    } finally {
      await pool.query('ALTER TABLE user_api_keys ADD FOREIGN KEY (key_id) REFERENCES encryption_keys (active)');
    }
  });
});

describe('a registry that is not there, or cannot be used', () => {
  const bare = (args: readonly string[], list: string, url = database.url) =>
    runHere(['status', ...args], { ENCRYPTION_KEYS: list, DATABASE_URL: url });
  const elsewhere = () => {
    const url = new URL(database.url);
    url.searchParams.set('schema', 'other');
    return url.href;
  };

  it.each([
    ['no table of that name', '', null],
    [
      'a foreign table',
      'CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing; CREATE FOREIGN TABLE other.encryption_keys (fingerprint text) SERVER nowhere',
      null,
    ],
    ['a view', 'CREATE VIEW other.encryption_keys AS SELECT * FROM public.encryption_keys', null],
    [
      'a table of somebody else',
      'CREATE TABLE other.encryption_keys (fingerprint text)',
      'other.encryption_keys has no column source, so it is not used as the registry',
    ],
  ])('leaves the counts: %s', async (_title, create, warning) => {
    await pool.query('CREATE SCHEMA other; CREATE TABLE other.user_api_keys (LIKE public.user_api_keys INCLUDING ALL)');
    try {
      await pool.query(create);
      await insertNamed(database, keys.old, 3, null);
      await pool.query('INSERT INTO other.user_api_keys SELECT * FROM public.user_api_keys');
      const { code, stdout, stderr } = await bare(['--json'], TURNED, elsewhere());
      expect(code, stderr).toBe(7);
      const report = statusSchema.parse(JSON.parse(stdout));
      expect(report).toMatchObject({ registry: null, step: 'sweep', keys: [{ values: 0, createdAt: null }, { values: 3 }] });
      if (warning === null) expect(stderr).not.toContain('registry');
      else expect(stderr).toContain(`warning: ${warning}`);
      expect((await bare([], TURNED, elsewhere())).stdout).toMatch(/^ {2}registry {2}none: /mu);
      expect((await bare(['--max-age', '1d'], FIRST, elsewhere())).stdout).toContain(
        'the age of the first key is unknown: there is no registry that can be read',
      );
    } finally {
      await pool.query('DROP SCHEMA other CASCADE; DROP FOREIGN DATA WRAPPER IF EXISTS nothing CASCADE');
    }
  });
});

describe('a rotation that is running', () => {
  const RUN_LOCK = "pg_advisory_lock(x'7713c2da'::bit(32)::int, 'user_api_keys'::regclass::oid::int)";

  it('ends it with exit 5, but not with --fast', async () => {
    await enterKeys(database, keys.new);
    await insertNamed(database, keys.new, 1);
    const client = await pool.connect();
    try {
      await client.query(`SELECT ${RUN_LOCK}`);
      const { code, stdout, stderr } = await run(['status', '--json'], LAST);
      expect(code).toBe(5);
      expect(stdout).toBe('');
      expect(stderr).toContain('error: another rotation or verification of public.user_api_keys is running');
      expect(await look(LAST, '--fast')).toMatchObject({ exitCode: 0 });
    } finally {
      client.release(true);
    }
    await lockIsFree(database);
    expect(await look(LAST)).toMatchObject({ exitCode: 0 });
  });
});
