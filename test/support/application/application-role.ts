import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import type { TestDatabase } from '../table/database.ts';
import { count, environment, expectIntact, type Keys, type Planted } from '../table/witness.ts';
import { secret } from '../tool/known-secrets.ts';
import { runHere } from '../tool/run-here.ts';

/** A role without special powers, as an application has it, that the tool runs as. */
export interface ApplicationRole {
  readonly role: string;
  /** The database, as this role. */
  readonly url: URL;
  readonly env: Record<string, string>;
  /** Settings of this role in this database: a name, `=` and a value follow. */
  readonly set: string;
  /** Once the cause is gone, the same command must finish. */
  expectToFinish(planted: Planted): Promise<void>;
}

export function useRole(database: TestDatabase, keys: Keys): ApplicationRole {
  const url = new URL(database.url);
  const role = `rotate_key_test_${randomBytes(6).toString('hex')}`;
  url.username = role;
  url.password = secret(randomBytes(12).toString('hex'));
  const env = environment(keys, url.href);

  beforeAll(() =>
    database.pool.query(`
      CREATE ROLE ${role} LOGIN PASSWORD '${url.password}';
      GRANT SELECT, UPDATE ON user_api_keys TO ${role}`),
  );
  afterAll(() => database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => {}));

  return {
    role,
    url,
    env,
    set: `ALTER ROLE "${role}" IN DATABASE "${url.pathname.slice(1)}" SET`,
    async expectToFinish(planted) {
      const { code, stderr } = await runHere([], env);
      expect(code, stderr).toBe(0);
      expect(count(await expectIntact(database, keys, planted), 'new')).toBe(planted.before.length);
    },
  };
}
