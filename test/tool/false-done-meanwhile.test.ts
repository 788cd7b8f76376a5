import { describe, expect, it } from 'vitest';
import { encrypt, newKey, providerKey } from '../support/application/application.ts';
import { useDatabase } from '../support/table/database.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys } from '../support/table/witness.ts';
import { runWithInterjection } from '../support/tool/interjection.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);
const ROWS = 300;
const interject = (args: readonly string[], statement: string, toolEnv = env) =>
  runWithInterjection(database, { keys, rows: ROWS, args, env: toolEnv }, statement);
const counts = () => countBySequentialScan(database.url, 'user_api_keys', keys);

/** A role that is not the table's owner, so that policies apply to it. */
async function asRole(work: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const role = new URL(database.url).pathname.slice(1).replace('test', 'role');
  const password = secret(newKey());
  await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'; GRANT SELECT, UPDATE ON user_api_keys TO ${role}`);
  const url = Object.assign(new URL(database.url), { username: role, password });
  try {
    await work({ ...env, DATABASE_URL: url.href });
  } finally {
    await database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
}

describe('what happens to the table during a run', () => {
  it('row-level security that is switched on: no row is called rotated that is not', async () => {
    await asRole(async (roleEnv) => {
      await database.pool.query("CREATE POLICY visible ON user_api_keys USING (id < '40000000-0000-0000-0000-000000000000')");
      try {
        const run = await interject([], 'ALTER TABLE user_api_keys ENABLE ROW LEVEL SECURITY', roleEnv);
        expect((await counts()).old).toBeGreaterThan(0);
        expect(run.code, run.stdout).toBe(4);
        expect(run.stderr).toContain('row-level security');
        expect(run.stdout).not.toContain('retire the old key');

        const verify = await runHere(['verify'], roleEnv);
        expect(verify.code).toBe(4);
        expect(verify.stderr).toContain('row-level security hides rows of public.user_api_keys');
      } finally {
        await database.pool.query('ALTER TABLE user_api_keys DISABLE ROW LEVEL SECURITY; DROP POLICY visible ON user_api_keys');
      }
    });
  });

  it.each(['TRUNCATE user_api_keys', 'DELETE FROM user_api_keys'])(
    '%s: exit 6, and the old key is to be kept',
    async (statement) => {
      const run = await interject([], statement);
      expect(run.code, run.stdout).toBe(6);
      expect(run.stdout).toContain(`${ROWS} of ${ROWS} rows that were there when the run began are gone`);
      expect(run.stdout).toContain('1. keep the old key');
      expect(run.stdout).not.toContain('retire');
    },
  );

  it('rows that are added and removed: their numbers are reported', async () => {
    const run = await interject(
      [],
      `DELETE FROM user_api_keys WHERE id IN (SELECT id FROM user_api_keys ORDER BY id DESC LIMIT 7);
       INSERT INTO user_api_keys (user_id, provider, iv, content, tag)
       SELECT user_id, 'copy', iv, content, tag FROM user_api_keys ORDER BY id LIMIT 3`,
    );
    expect(run.code, run.stdout).toBe(0);
    expect(run.stdout).toContain('meanwhile an application added 3 rows and removed 7\n');
    expect(await counts()).toEqual({ old: 0, new: ROWS - 4, neither: 0 });
  });

  it('rows that become unreadable: exit 6, also with --skip-unreadable, which excuses only those that were unreadable before', async () => {
    const strange = encrypt(newKey(), 'under a key that nobody has');
    const ruin = `UPDATE user_api_keys SET iv = '${strange.iv}', content = '${strange.content}', tag = '${strange.tag}'
                   WHERE id IN (SELECT id FROM user_api_keys ORDER BY id LIMIT 22)`;
    const run = await interject(['--skip-unreadable'], ruin);
    expect(await counts()).toEqual({ old: 0, new: ROWS - 22, neither: 22 });
    expect(run.code, run.stdout).toBe(6);
    expect(run.stdout).toContain(`22 of ${ROWS} rows became unreadable during the rotation`);
    // They are known now.
    expect((await runHere(['--skip-unreadable'], env)).code).toBe(3);
  });
});

describe('a table that is a part of another', () => {
  it.each([
    ['partition', 'PARTITION BY HASH (id)', 'PARTITION OF everything FOR VALUES WITH (MODULUS 2, REMAINDER 0)'],
    ['child table', '', '() INHERITS (everything)'],
  ])('as its %s is refused, and the parent is named', async (title, parent, part) => {
    await database.pool.query(`
      CREATE SCHEMA parts; SET search_path = parts;
      CREATE TABLE everything (id text PRIMARY KEY, iv text, content text, tag text) ${parent};
      ${title === 'partition' ? 'CREATE TABLE rest PARTITION OF everything FOR VALUES WITH (MODULUS 2, REMAINDER 1);' : ''}
      CREATE TABLE user_api_keys ${part.startsWith('()') ? `(PRIMARY KEY (id)) ${part.slice(3)}` : part};
      RESET search_path`);
    const values = Array.from({ length: 8 }, () => encrypt(keys.old, secret(providerKey())));
    for (const [index, { iv, content, tag }] of values.entries()) {
      const into = index < 4 || title === 'partition' ? 'everything' : 'user_api_keys';
      await database.pool.query(`INSERT INTO parts.${into} VALUES ('${index}', '${iv}', '${content}', '${tag}')`);
    }
    try {
      const schemaEnv = { ...env, DATABASE_URL: `${database.url}?schema=parts` };
      for (const args of [[], ['verify'], ['--dry-run']]) {
        const { code, stderr } = await runHere(args, schemaEnv);
        expect(code).toBe(4);
        expect(await countBySequentialScan(database.url, 'parts.everything', keys)).toEqual({ old: 8, new: 0, neither: 0 });
        expect(stderr).toContain('parts.user_api_keys is a partition or child table of parts.everything');
        expect(stderr).toContain('name the parent with @@map in prisma/schema.prisma: parts.everything');
      }
    } finally {
      await database.pool.query('DROP SCHEMA parts CASCADE');
    }
  });
});
