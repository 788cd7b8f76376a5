import { describe, expect, it } from 'vitest';
import { encrypt } from '../support/application/application.ts';
import { expectAllUnder, fillTable, readTable } from '../support/table/database.ts';
import { runHere } from '../support/tool/run-here.ts';
import { useBackup } from '../support/tool/use-backup.ts';

const { database, oldKey, freshKey, env, withoutKeys, backup } = useBackup();

/** Fills the table and rotates it. @returns the plaintexts in it */
async function rotateTable(rows: number): Promise<Map<string, string>> {
  const plaintexts = await fillTable(database, oldKey, rows);
  expect((await runHere(['--backup', backup], env)).code).toBe(0);
  return plaintexts;
}

describe('a restore that finds no row with a value of the backup', () => {
  it.each([[[]], [['--dry-run']]])('ends with 6 and changes nothing if all values differ: restore %j', async (options) => {
    const plaintexts = await rotateTable(4);
    for (const [id, plaintext] of plaintexts) {
      const { iv, content, tag } = encrypt(freshKey, Buffer.from(plaintext, 'hex'));
      await database.pool.query('UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1', [id, iv, content, tag]);
    }
    const table = await readTable(database);
    const { code, stdout } = await runHere(['restore', backup, ...options], withoutKeys);
    expect(await readTable(database)).toEqual(table);
    expect(code, stdout).toBe(6);
    expect(stdout).toContain('exit 6: nothing ');
    expect(stdout).toContain('check that it is the right file');
  });

  it('ends with 6 if no row is found by its id, and does not claim that the rows were deleted', async () => {
    await rotateTable(4);
    await database.pool.query('UPDATE user_api_keys SET id = gen_random_uuid()');
    const table = await readTable(database);
    const { code, stdout } = await runHere(['restore', backup], withoutKeys);
    expect(await readTable(database)).toEqual(table);
    expect(code, stdout).toBe(6);
    expect(stdout).toContain('4 rows were not found by id: deleted, or hidden by a damaged index');
  });

  it('ends with 0 if everything was already restored', async () => {
    const plaintexts = await rotateTable(4);
    for (const command of [
      ['restore', backup],
      ['restore', backup, '--dry-run'],
      ['restore', backup],
    ]) {
      expect((await runHere(command, withoutKeys)).code).toBe(0);
      const table = await readTable(database);
      if (command.length === 2) expectAllUnder(oldKey, table, plaintexts);
    }
  });
});
