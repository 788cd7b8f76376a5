import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, insertKeys, newKey } from '../support/application/application.ts';
import { expectAllUnder, fillTable, otherColumns, readTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { runTool } from '../support/tool/run-tool.ts';
import { withoutTlsWarning } from '../support/tool/without-tls-warning.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const freshKey = secret(newKey());
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: database.url };

describe('rotate', () => {
  it.each([[[]], [['--batch-size', '7']], [['rotate', '--batch-size', '5000']]])(
    'puts every row under the new key and changes no other column (%j)',
    async (args) => {
      const plaintexts = await fillTable(database, oldKey, 50);
      const before = await readTable(database);

      const { code, stdout, stderr } = await runTool(args, env);

      expect(code).toBe(0);
      expect(stdout).toContain('done: every row is under the new key');
      expect(stdout).toContain('retire the old key');
      expect(stderr).toContain('preflight: 50 rows: 50 under the old key\n');
      expect(stderr).toContain('verify: 50 rows: 50 under the new key\n');
      const after = await readTable(database);
      expectAllUnder(freshKey, after, plaintexts);
      expect(otherColumns(after)).toEqual(otherColumns(before));
      expect(new Set([...before, ...after].map(({ iv }) => iv)).size).toBe(100);
    },
  );

  it('says which database, keys and rows before it writes', async () => {
    await fillTable(database, oldKey, 1);
    const { stderr } = await runHere([], env);
    const { hostname, port, pathname, username } = new URL(database.url);
    const [line1, line2, line3, line4] = withoutTlsWarning(stderr)
      .split('\n')
      .map((line) => line.replace(/^rotate-encryption-key: /u, ''));
    expect(line1).toBe(`database: ${pathname.slice(1)} on ${hostname}:${port}, as user ${username}`);
    expect(line2).toBe('table: public.user_api_keys');
    expect(line3).toMatch(/^keys: old [0-9a-f]{16}, new [0-9a-f]{16}$/u);
    expect(line4).toBe('preflight: 1 row: 1 under the old key');
  });

  it('does nothing, and exits 0, when it is run again', async () => {
    await fillTable(database, oldKey, 20);
    await runTool([], env);
    const rotated = await readTable(database);

    const { code, stdout } = await runTool([], env);

    expect(code).toBe(0);
    expect(stdout).toContain(
      'the old key decrypts none of the 20 rows, the new key all of them: they were rotated earlier, or the keys are swapped',
    );
    expect(await readTable(database)).toEqual(rotated);
  });

  it('rolls back to the old key', async () => {
    const plaintexts = await fillTable(database, oldKey, 20);
    await runHere([], env);

    const { code, stdout } = await runHere(['--rollback'], env);

    expect(code).toBe(0);
    expect(stdout).toContain('done: every row is under the old key');
    expectAllUnder(oldKey, await readTable(database), plaintexts);
  });

  it('rotates values of every shape, and keeps the length of each iv', async () => {
    const plaintexts = [
      Buffer.alloc(0),
      Buffer.from([0xff, 0xfe, 0x00, 0xc3]),
      Buffer.alloc(1024 * 1024, 7),
      Buffer.from('plain-enough-to-see'),
    ];
    const values = plaintexts.flatMap((plaintext) => [encrypt(oldKey, plaintext, 16), encrypt(oldKey, plaintext, 12)]);
    const upperCase = encrypt(oldKey, 'upper');
    values.push({ iv: upperCase.iv.toUpperCase(), content: upperCase.content.toUpperCase(), tag: upperCase.tag.toUpperCase() });
    const ids = await insertKeys(database.pool, values);

    const { code } = await runHere([], env);

    expect(code).toBe(0);
    const after = new Map((await readTable(database)).map((row) => [row.id, row]));
    ids.forEach((id, index) => {
      const [before, row] = [values[index], after.get(id)];
      if (before === undefined || row === undefined) throw new Error('a row is gone');
      expect(row.iv.length).toBe(before.iv.length);
      expect(decrypt(freshKey, row)?.equals(decrypt(oldKey, before) ?? Buffer.from('?'))).toBe(true);
    });
  });

  it('calls an empty table a success, and says that it is empty', async () => {
    const { code, stdout } = await runHere([], env);
    expect(code).toBe(0);
    expect(stdout).toContain('the table is empty: there is nothing to rotate');
  });

  it('writes nothing in a dry run', async () => {
    await fillTable(database, oldKey, 20);
    const before = await readTable(database);
    const { code, stdout } = await runHere(['--dry-run'], env);
    expect(code).toBe(0);
    expect(stdout).toContain('a run would rotate 20 rows to the new key; no problems found');
    expect(await readTable(database)).toEqual(before);
  });

  it('finishes a table that is under both keys, writing only the rows that need it', async () => {
    const first = await fillTable(database, freshKey, 15);
    const rotatedBefore = await readTable(database);
    const second = await fillTable(database, oldKey, 15);

    const { code, stdout } = await runHere(['--json'], env);

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      fields: [
        {
          rotated: 15,
          before: { underKeys: [{ rows: 15 }, { rows: 15 }] },
          after: { underKeys: [{ rows: 30 }, { rows: 0 }] },
        },
      ],
    });
    const after = await readTable(database);
    expectAllUnder(freshKey, after, new Map([...first, ...second]));
    expect(after.filter(({ id }) => first.has(id))).toEqual(rotatedBefore);
  });

  it('names each row with --verbose, and prints nothing with --quiet', async () => {
    const plaintexts = await fillTable(database, oldKey, 5);
    const verbose = await runTool(['--verbose'], env);
    const named = verbose.stderr.match(/Rotated key \S+/gu);
    expect(named).toEqual([...plaintexts.keys()].sort().map((id) => `Rotated key ${id}`));
    const { code, stdout, stderr } = await runTool(['--quiet', '--rollback'], env);
    expect([code, stdout, withoutTlsWarning(stderr)]).toEqual([0, '', '']);
  });

  it('prints with --json a report, and nothing else, on stdout', async () => {
    await fillTable(database, oldKey, 5);
    const { stdout, stderr } = await runHere(['--json'], env);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'rotate',
      fields: [{ rotated: 5, plaintexts: 'unchanged' }],
      ending: 'rotated',
      exitCode: 0,
    });
    expect(stderr).not.toContain('{');
  });

  it('uses the schema that the url names, and leaves the table of the same name in public alone', async () => {
    await fillTable(database, oldKey, 3);
    const elsewhere = await readTable(database);
    await database.pool.query('CREATE SCHEMA tenant; CREATE TABLE tenant.user_api_keys (LIKE user_api_keys INCLUDING ALL)');
    await database.pool.query('INSERT INTO tenant.user_api_keys SELECT * FROM user_api_keys');
    const { code, stderr } = await runHere([], { ...env, DATABASE_URL: `${database.url}?schema=tenant` });
    const { rows } = await database.pool.query('SELECT id, iv, content, tag FROM tenant.user_api_keys ORDER BY id');
    await database.pool.query('DROP SCHEMA tenant CASCADE');
    expect(code).toBe(0);
    expect(stderr).toContain('table: tenant.user_api_keys');
    expect(rows.map((row) => decrypt(freshKey, row))).toEqual(elsewhere.map((row) => decrypt(oldKey, row)));
    expect(await readTable(database)).toEqual(elsewhere);
  });

  it.each(['char(36)', 'char(50)', 'text'])('works on ids of type %s', async (type) => {
    const plaintexts = await fillTable(database, oldKey, 5);
    await database.pool.query(`ALTER TABLE user_api_keys ALTER id DROP DEFAULT, ALTER id TYPE ${type} USING id::text`);
    const runs = [await runHere(['--json'], env), await runHere(['--rollback', '--batch-size', '3', '--json'], env)];
    await database.pool.query(
      'ALTER TABLE user_api_keys ALTER id TYPE uuid USING trim(id::text)::uuid, ALTER id SET DEFAULT gen_random_uuid()',
    );
    for (const { code, stdout } of runs)
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, fields: [{ rotated: 5 }] });
    expectAllUnder(oldKey, await readTable(database), plaintexts);
  });

  it('warns if a trigger may change other columns', async () => {
    await database.pool.query(`
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER touch_row BEFORE UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION touch()`);
    const { code, stderr } = await runHere([], env);
    await database.pool.query('DROP FUNCTION touch CASCADE');
    expect(code).toBe(0);
    expect(stderr).toContain(
      'warning: triggers and rules on the table may change what is written, other columns or other tables: trigger touch_row',
    );
  });
});

describe('verify', () => {
  it('succeeds without the old key if every row is under the new one', async () => {
    await fillTable(database, freshKey, 5);
    const { code, stdout } = await runTool(['verify'], { ...env, OLD_ENCRYPTION_KEY: undefined });
    expect(code).toBe(0);
    expect(stdout).toContain('done: the new key decrypts all 5 rows');
  });

  it('exits 6 and names the rows that are not under the new key', async () => {
    await fillTable(database, freshKey, 5);
    const [id] = await insertKeys(database.pool, [encrypt(oldKey, 'still old')]);
    const { code, stdout, stderr } = await runHere(['verify'], env);
    expect(code).toBe(6);
    expect(stdout).toContain('the new key cannot decrypt 1 of 6 rows');
    expect(stdout).toContain(`row ${id}: cannot be decrypted`);
    expect(stderr).toContain('hint: keep the old key');
  });
});
