import { afterAll, describe, expect, it } from 'vitest';
import { encrypt, providerKey } from '../support/application/application.ts';
import { useRole } from '../support/application/application-role.ts';
import { useDatabase } from '../support/table/database.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { count, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 8;
const database = useDatabase();
const keys = newKeys();
const { env, set } = useRole(database, keys);

afterAll(() => database.pool.query(`${set} default_transaction_isolation = 'read committed'`));

describe.each(['repeatable read', 'serializable'])('a role whose transactions are %s', (isolation) => {
  it.each([
    ['1', 'old', 8],
    ['1', 'new', 7],
    ['500', 'old', 8],
    ['500', 'new', 7],
  ] as const)(
    'meets a change under the write as a conflict: the value of the application wins (--batch-size %s, under the %s key)',
    async (batchSize, under, rotated) => {
      await database.pool.query(`${set} default_transaction_isolation = '${isolation}'`);
      const planted = await plant(database, keys, ROWS);
      const id = [...planted.plaintexts.keys()].sort()[3] ?? '';
      const plaintext = secret(providerKey());

      const { code, stdout, stderr } = await whileHolding(database, id, async (release, application) => {
        const running = runHere(['--json', '--batch-size', batchSize], env);
        await somebodyWaits(database);
        const { iv, content, tag } = encrypt(keys[under], plaintext);
        await application.query('UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1', [id, iv, content, tag]);
        await release();
        return running;
      });

      expect(code, stderr).toBe(0);
      const alreadyRotated = under === 'new' ? 1 : 0;
      expect(JSON.parse(stdout)).toMatchObject({ fields: [{ rotated, meanwhile: { conflicts: 1, gone: 0, alreadyRotated } }] });
      const plaintexts = new Map(planted.plaintexts).set(id, plaintext);
      expect(count(await expectIntact(database, keys, { ...planted, plaintexts }), 'new')).toBe(ROWS);
    },
  );

  it.each(['1', '500'])(
    'meets a row that is deleted under the write as one that is gone (--batch-size %s)',
    async (batchSize) => {
      await database.pool.query(`${set} default_transaction_isolation = '${isolation}'`);
      const planted = await plant(database, keys, ROWS);
      const id = [...planted.plaintexts.keys()].sort()[3] ?? '';
      const { code, stdout, stderr } = await whileHolding(database, id, async (release, application) => {
        const running = runHere(['--json', '--batch-size', batchSize], env);
        await somebodyWaits(database);
        await application.query('DELETE FROM user_api_keys WHERE id = $1', [id]);
        await release();
        return running;
      });
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        fields: [{ rotated: ROWS - 1, meanwhile: { conflicts: 1, gone: 1, alreadyRotated: 0 } }],
      });
      expect((await runHere(['verify'], env)).code).toBe(0);
    },
  );

  it.each([
    ['1', 600],
    ['20', 2000],
  ])('does not conflict with itself over several connections (--batch-size %s)', async (batchSize, rows) => {
    await database.pool.query(`${set} default_transaction_isolation = '${isolation}'`);
    const planted = await plant(database, keys, rows);
    const { code, stdout, stderr } = await runHere(['--json', '--batch-size', batchSize, '--connections', '8'], env);
    expect(code, stderr).toBe(0);
    expect(stderr.includes('--connections is not used')).toBe(isolation === 'serializable');
    expect(JSON.parse(stdout)).toMatchObject({ fields: [{ rotated: rows, meanwhile: { conflicts: 0 } }] });
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(rows);
  });
});
