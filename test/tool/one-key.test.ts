import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { expectAllUnder, fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const [oldKey, key] = [secret(newKey()), secret(newKey())];
const env = { DATABASE_URL: database.url, ENCRYPTION_KEYS: key };

describe('a list of one key, as services have it between two rotations', () => {
  it('has nothing to rotate, and says no more', async () => {
    const plaintexts = await fillTable(database, key, 10);
    const { code, stdout } = await runHere([], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^done: every row is already under the first key: nothing to do\n\n/u);
    expect(stdout).not.toContain('next:');
    expectAllUnder(key, await readTable(database), plaintexts);
  });

  it('stops at a value under another key, writes nothing, and says what to look for', async () => {
    await fillTable(database, key, 3);
    await fillTable(database, oldKey, 2);
    const before = await readTable(database);
    const { code, stdout } = await runHere([], env);
    expect(code).toBe(3);
    expect(stdout).toContain('no given key can decrypt 2 of 5 rows');
    expect(stdout).toContain('find the key that decrypts them');
    expect(await readTable(database)).toEqual(before);
  });

  it('cannot be rolled back', async () => {
    const { code, stderr } = await runHere(['--rollback'], env);
    expect(code).toBe(2);
    expect(stderr).toContain('--rollback needs two keys, and ENCRYPTION_KEYS holds 1');
  });
});
