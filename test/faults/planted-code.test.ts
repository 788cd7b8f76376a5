import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypt, newKey } from '../support/application/application.ts';
import { useRole } from '../support/application/application-role.ts';
import { useDatabase } from '../support/table/database.ts';
import { plantCode, trapWasMet } from '../support/table/planted-code.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { newKeys, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';

// The class of CVE-2018-1058: whoever may create objects in a schema on the search path has his code run by others.
const ROWS = 12;
const database = useDatabase();
const keys = newKeys();
const victim = useRole(database, keys);
const counts = () => countBySequentialScan(database.url, 'user_api_keys', keys);
let planted = 0;

beforeAll(async () => {
  planted = await plantCode(database, victim.role);
});

afterAll(() => database.pool.query('DROP SCHEMA evil CASCADE'));

describe.each(['evil, public', 'evil, pg_catalog, public'])('planted code on the search path %s', (searchPath) => {
  it.each(['uuid', 'text', 'varchar(40)', 'char(36)'])('is not run once, with ids of type %s', async (idType) => {
    await database.pool.query(`ALTER TABLE user_api_keys ALTER COLUMN id DROP DEFAULT, ALTER COLUMN id TYPE ${idType} USING id::text::${idType};
      ALTER TABLE user_api_keys ALTER COLUMN id SET DEFAULT gen_random_uuid()${idType === 'uuid' ? '' : '::text'};
      ${victim.set} search_path = ${searchPath}`);
    for (const batchSize of ['1', '500']) {
      const backup = path.join(workFolder, `planted-${searchPath.length}-${idType}-${batchSize}`);
      await plant(database, keys, ROWS);
      for (const args of [['--dry-run'], ['--batch-size', batchSize, '--backup', backup], ['verify'], ['restore', backup]]) {
        const { code, stderr } = await runHere(args, victim.env);
        expect(await trapWasMet(database), stderr).toBe(false);
        expect(code, `${JSON.stringify(args)}: ${stderr}`).toBe(0);
      }
      expect(await counts()).toEqual({ old: ROWS, new: 0, neither: 0 });
    }
  });

  it.each(['1', '500'])('never runs, even if a row changes during the write (--batch-size %s)', async (batchSize) => {
    await database.pool.query(`${victim.set} search_path = ${searchPath}`);
    const { plaintexts } = await plant(database, keys, ROWS);
    const [id = ''] = [...plaintexts.keys()].sort();
    const run = await whileHolding(database, id, async (release, client) => {
      const running = runHere(['--batch-size', batchSize], victim.env);
      await somebodyWaits(database);
      const { iv, content, tag } = encrypt(keys.old, secret(newKey()));
      await client.query('UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1', [id, iv, content, tag]);
      await release();
      return running;
    });
    expect(await trapWasMet(database), run.stderr).toBe(false);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('meanwhile an application changed a row just ahead of 1 write\n');
    expect(await counts()).toEqual({ old: 0, new: ROWS, neither: 0 });
  });

  it('would be run by a careless client', async () => {
    expect(planted).toBeGreaterThan(2000);
    await plant(database, keys, 1);
    const naive = new Client(victim.url.href);
    await naive.connect();
    try {
      await naive.query(`SET search_path = ${searchPath}`);
      await expect(naive.query('SELECT FROM user_api_keys WHERE iv = tag')).rejects.toThrow(
        'planted code was run: character varying = character varying',
      );
      expect(await trapWasMet(database)).toBe(true);
    } finally {
      await naive.end();
    }
  });
});
