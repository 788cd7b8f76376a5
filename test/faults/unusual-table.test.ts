import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { useRole } from '../support/application/application-role.ts';
import { useDatabase } from '../support/table/database.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';

const ROWS = 6;
const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);
const application = useRole(database, keys);
const counts = () => countBySequentialScan(database.url, 'user_api_keys', keys);

describe('rules on the table', () => {
  afterEach(() =>
    database.pool.query('DROP RULE IF EXISTS keep_log ON user_api_keys; DROP RULE IF EXISTS keep_all ON user_api_keys'),
  );

  it('are announced like triggers before anything is read, also by a dry run, and not by verify', async () => {
    await plant(database, keys, ROWS);
    await database.pool.query('CREATE RULE keep_log AS ON UPDATE TO user_api_keys DO ALSO NOTIFY changed');
    const announced =
      'triggers and rules on the table may change what is written, other columns or other tables: rule keep_log\n';
    expect((await runHere(['--dry-run'], env)).stderr).toContain(announced);
    expect((await runHere([], env)).stderr).toContain(announced);
    expect((await runHere(['verify'], env)).stderr).not.toContain('rule');
    await database.pool.query('ALTER TABLE user_api_keys DISABLE RULE keep_log');
    expect((await runHere(['--dry-run'], env)).stderr).not.toContain('rule');
  });

  it.each(['1', '500'])(
    'that keep the tool from writing end the run with exit 4, not with "done" (--batch-size %s)',
    async (batchSize) => {
      await plant(database, keys, ROWS);
      await database.pool.query('CREATE RULE keep_all AS ON UPDATE TO user_api_keys DO INSTEAD NOTHING');
      const { code, stdout, stderr } = await runHere(['--batch-size', batchSize], env);
      expect(code, stderr).toBe(4);
      expect(stdout).not.toContain('retire the old key');
      expect(await counts()).toEqual({ old: ROWS, new: 0, neither: 0 });
    },
  );
});

describe('a role that may read and write the four columns, and nothing else', () => {
  it.each(['1', '500'])('can rehearse, rotate, verify and restore (--batch-size %s)', async (batchSize) => {
    await plant(database, keys, ROWS);
    const backup = path.join(workFolder, `columns-${batchSize}`);
    await database.pool.query(`
      REVOKE ALL ON user_api_keys FROM ${application.role};
      GRANT SELECT (id, iv, content, tag), UPDATE (iv, content, tag) ON user_api_keys TO ${application.role}`);
    const rotate = ['--batch-size', batchSize, '--backup', backup];
    for (const args of [['--dry-run'], rotate, ['verify'], ['restore', backup]]) {
      const { code, stderr } = await runHere(args, application.env);
      expect(code, stderr).toBe(0);
      if (args === rotate) expect(await counts()).toEqual({ old: 0, new: ROWS, neither: 0 });
    }
    expect(await counts()).toEqual({ old: ROWS, new: 0, neither: 0 });
  });

  it.each([
    ['SELECT (id, iv, content), UPDATE (iv, content, tag)', 'may not SELECT column tag of public.user_api_keys'],
    ['SELECT (id, iv, content, tag), UPDATE (iv, content)', 'may not UPDATE column tag of public.user_api_keys'],
  ])('is refused with one privilege less: %s', async (privileges, message) => {
    await plant(database, keys, ROWS);
    await database.pool.query(`
      REVOKE ALL ON user_api_keys FROM ${application.role};
      GRANT ${privileges} ON user_api_keys TO ${application.role}`);
    const { code, stderr } = await runHere([], application.env);
    expect(code, stderr).toBe(4);
    expect(stderr).toContain(message);
    expect(await counts()).toEqual({ old: ROWS, new: 0, neither: 0 });
  });
});

describe('a warning of the server', () => {
  it.each(['1', '500'])(
    'is shown once, however often it comes, and keys in it are masked (--batch-size %s)',
    async (batchSize) => {
      await plant(database, keys, ROWS);
      await database.pool.query(`
      CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE NOTICE 'a notice';
        RAISE WARNING 'seen in passing: ${keys.old}';
        RETURN NEW;
      END $$;
      CREATE TRIGGER warn BEFORE UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION warn()`);
      const { code, stderr } = await runHere(['--batch-size', batchSize], env);
      await database.pool.query('DROP FUNCTION warn CASCADE');
      expect(code, stderr).toBe(0);
      expect(stderr.match(/warning: the server warns: seen in passing: \[masked\]\n/gu)).toHaveLength(1);
      expect(stderr).not.toContain('a notice');
    },
  );
});

describe('a role with fewer connections than a run needs', () => {
  it.each([1, 2])('ends with exit 4 before a row is read, and says how many it needs: %i of 3', async (limit) => {
    // A row that makes every reading of it fail in words of its own.
    await plant(database, keys, ROWS);
    await database.pool.query(`UPDATE user_api_keys SET tag = '00'; ALTER ROLE ${application.role} CONNECTION LIMIT ${limit};
      GRANT SELECT, UPDATE ON user_api_keys TO ${application.role}`);
    for (const args of [[], ['verify'], ['--dry-run']]) {
      const { code, stdout, stderr } = await runHere(args, application.env);
      expect(code, stderr).toBe(4);
      expect(stderr).toContain(`too many connections for role "${application.role}" (53300)`);
      expect(stderr).toContain('hint: close some connections, raise the limit or lower --connections: the tool needs three');
      expect(stderr).not.toMatch(/preflight|verify: /u);
      expect(stdout).toContain('nothing was');
    }
    await database.pool.query(`ALTER ROLE ${application.role} CONNECTION LIMIT 3`);
    expect((await runHere(['--dry-run'], application.env)).code).toBe(3);
    await database.pool.query(`ALTER ROLE ${application.role} CONNECTION LIMIT -1`);
  });
});
