import { describe, expect, it } from 'vitest';
import { type Encrypted, encrypt, insertKeys, newKey } from '../support/application/application.ts';
import { expectAllUnder, fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { runTool } from '../support/tool/run-tool.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const freshKey = secret(newKey());
const thirdKey = secret(newKey());
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: database.url };

const whole = encrypt(oldKey, secret('sk-a-value-that-will-be-damaged'));
const flipped = (hex: string) => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
const notAuthentic = 'cannot be decrypted';

const damages: [string, Encrypted, string][] = [
  ['an empty iv', { ...whole, iv: '' }, 'iv is empty'],
  ['an iv with an odd digit', { ...whole, iv: whole.iv.slice(1) }, 'iv has an odd number of hex digits'],
  ['an iv that is not hex', { ...whole, iv: `zz${whole.iv.slice(2)}` }, 'iv is not hex'],
  ['an iv in full-width digits', { ...whole, iv: '１'.repeat(32) }, 'iv is not hex'],
  ['an iv of 8 bytes', { ...whole, iv: whole.iv.slice(16) }, 'iv has the wrong length (an iv has 12 or 16 bytes, a tag 16)'],
  ['an iv of 15 bytes', { ...whole, iv: whole.iv.slice(2) }, 'iv has the wrong length (an iv has 12 or 16 bytes, a tag 16)'],
  ['an iv of 17 bytes', { ...whole, iv: `${whole.iv}00` }, 'iv has the wrong length (an iv has 12 or 16 bytes, a tag 16)'],
  ['a tag of 4 bytes', { ...whole, tag: whole.tag.slice(0, 8) }, 'tag has the wrong length (an iv has 12 or 16 bytes, a tag 16)'],
  [
    'a tag of 12 bytes',
    { ...whole, tag: whole.tag.slice(0, 24) },
    'tag has the wrong length (an iv has 12 or 16 bytes, a tag 16)',
  ],
  [
    'a tag of 15 bytes',
    { ...whole, tag: whole.tag.slice(0, 30) },
    'tag has the wrong length (an iv has 12 or 16 bytes, a tag 16)',
  ],
  ['an empty tag', { ...whole, tag: '' }, 'tag is empty'],
  ['content that was cut', { ...whole, content: whole.content.slice(2) }, notAuthentic],
  ['content with an odd digit', { ...whole, content: whole.content.slice(1) }, 'content has an odd number of hex digits'],
  ['content that was extended', { ...whole, content: `${whole.content}00` }, notAuthentic],
  ['content with one bit flipped', { ...whole, content: flipped(whole.content) }, notAuthentic],
  ['a tag with one bit flipped', { ...whole, tag: flipped(whole.tag) }, notAuthentic],
  ['iv and tag swapped', { ...whole, iv: whole.tag, tag: whole.iv }, notAuthentic],
  ['a value under a third key', encrypt(thirdKey, 'under a third key'), notAuthentic],
];

describe('rows that neither key can decrypt', () => {
  it('each stop the run before the first write, and are reported with id and reason', async () => {
    await database.pool.query('ALTER TABLE user_api_keys ALTER COLUMN iv TYPE text, ALTER COLUMN tag TYPE text');
    await fillTable(database, oldKey, 30);
    const ids = await insertKeys(
      database.pool,
      damages.map(([, value]) => value),
    );
    const before = await readTable(database);

    const { code, stdout } = await runTool([], env);

    expect(code).toBe(3);
    expect(stdout).toContain(`neither key can decrypt ${damages.length} of ${before.length} rows`);
    damages.forEach(([, , reason], index) => {
      expect(stdout).toContain(`row ${ids[index]}: ${reason}\n`);
    });
    expect(await readTable(database)).toEqual(before);
  });

  it('are found anywhere among 10,000, and not one row is changed', async () => {
    await fillTable(database, oldKey, 9_997);
    const { rows } = await database.pool.query('SELECT id FROM user_api_keys ORDER BY id');
    const [damaged] = damages.slice(-4);
    if (damaged === undefined) throw new Error('nothing to insert');
    const last = 'ffffffff-ffff-4fff-bfff-fffffffffff';
    const ids = [
      await insertAt('00000000-0000-4000-8000-000000000001'),
      await insertAt(`${last}f`),
      await insertAt(middle(String(rows[5000]?.id))),
    ];
    const before = await readTable(database);

    const { code, stdout } = await runTool(['--json', '--batch-size', '500'], env);

    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      ending: 'unreadable-rows',
      fields: [{ rotated: 0, unreadable: [...ids].sort().map((id) => ({ id, reason: 'not-authentic' })) }],
    });
    expect(await readTable(database)).toEqual(before);

    async function insertAt(id: string): Promise<string> {
      const [made] = await insertKeys(database.pool, [{ ...whole, content: flipped(whole.content) }]);
      await database.pool.query('UPDATE user_api_keys SET id = $1 WHERE id = $2', [id, made]);
      return id;
    }
    function middle(id: string): string {
      return `${id.slice(0, -4)}${id.slice(-4) === 'ffff' ? '0000' : 'ffff'}`;
    }
  });

  it('are skipped with --skip-unreadable: all the others are rotated, and the exit code is still 3', async () => {
    const plaintexts = await fillTable(database, oldKey, 10);
    const [id] = await insertKeys(database.pool, [encrypt(thirdKey, 'under a third key')]);
    const [untouched] = (await readTable(database)).filter((row) => row.id === id);

    const { code, stdout } = await runHere(['--skip-unreadable'], env);

    expect(code).toBe(3);
    expect(stdout).toContain('neither key can decrypt 1 of 11 rows');
    expect(stdout).toContain('the new key decrypts the other 10 rows');
    const after = await readTable(database);
    expect(after.filter((row) => row.id === id)).toEqual([untouched]);
    expectAllUnder(
      freshKey,
      after.filter((row) => row.id !== id),
      plaintexts,
    );
  });

  it('have the same effect in a dry run as in a run', async () => {
    await insertKeys(database.pool, [encrypt(thirdKey, 'under a third key'), encrypt(oldKey, 'fine')]);
    expect((await runHere(['--dry-run'], env)).code).toBe(3);
    expect((await runHere(['--dry-run', '--skip-unreadable'], env)).code).toBe(3);
  });

  it('are attributed to wrong keys or a wrong database if no row can be decrypted', async () => {
    await fillTable(database, thirdKey, 30);
    const { code, stdout, stderr } = await runHere([], env);
    expect(code).toBe(3);
    expect(stdout).toContain('neither key can decrypt any of the 30 rows: wrong keys or wrong database');
    expect(stdout.match(/row \S+: cannot be decrypted$/gmu)).toHaveLength(20);
    expect(stdout).toContain('and 10 more');
    expect(stderr).toContain('hint: take the old key from a service that works');
  });

  it('include a null', async () => {
    await fillTable(database, oldKey, 3);
    await database.pool.query('ALTER TABLE user_api_keys ALTER COLUMN content DROP NOT NULL');
    await database.pool.query(
      'UPDATE user_api_keys SET content = NULL WHERE id = (SELECT min(id::text)::uuid FROM user_api_keys)',
    );
    const { code, stdout } = await runHere([], env);
    await database.pool.query('DELETE FROM user_api_keys');
    expect(code).toBe(3);
    expect(stdout).toContain('content is null');
  });
});
