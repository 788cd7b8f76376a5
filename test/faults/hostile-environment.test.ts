import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { environment, newKeys, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { runTool } from '../support/tool/run-tool.ts';

/** FAULTS=all tries more of them. */
const thorough = process.env['FAULTS'] === 'all' ? 100 : 10;

const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);

/** An environment variable holds no NUL; a value shorter than 6 characters could stand in any message by chance. */
const anyText = fc
  .string({ unit: 'binary', minLength: 6, maxLength: 80 })
  .map((text) => text.replaceAll(/[\0\p{Cs}]/gu, ''))
  .filter((text) => text.trim().length >= 6);
const key = newKey();
const almostKey = fc.constantFrom(
  key.slice(1),
  `${key}00`,
  `0x${key}`,
  `${key}\n`,
  ` ${key}`,
  `${key.slice(2)}０１`,
  key.replace(/.$/u, 'g'),
  `"${key}"`,
  Buffer.from(key, 'hex').toString('base64'),
  'é'.repeat(64),
  'ff'.repeat(32),
  'ab'.repeat(50_000),
);
const password = newKey().slice(0, 20);
const almostUrl = fc.constantFrom(
  `mysql://user:${password}@localhost/app`,
  `postgresql://user:p#${password}@localhost/app`,
  `postgresql://user:p@${password}/x@localhost/app`,
  `postgresql://user:${password}?@localhost/app`,
  `postgresql://user:${password} @localhost/app`,
  `postgresql://user:%zz${password}@localhost/app`,
  `postgresql://user:${password}\u001b[2J@localhost/app`,
  `host=localhost password=${password} dbname=app`,
  `user:${password}@localhost/app`,
);

describe('a hostile environment', () => {
  it(
    'is refused with exit 2, quotes no value, and the table is untouched',
    async () => {
      const { before } = await plant(database, keys, 3);
      const texts = (arbitrary: fc.Arbitrary<string>, numRuns: number) => fc.sample(arbitrary, numRuns);
      const cases = [
        ...texts(anyText, 2 * thorough).flatMap((value) => [
          { OLD_ENCRYPTION_KEY: value },
          { DATABASE_URL: value },
          { DATABASE_STATEMENT_TIMEOUT_MS: value },
        ]),
        ...texts(almostKey, 5 * thorough).map((value) => ({ NEW_ENCRYPTION_KEY: value })),
        ...texts(almostUrl, 5 * thorough).map((value) => ({ DATABASE_URL: value })),
      ];
      for (const hostile of cases) {
        const { code, stdout, stderr } = await runHere([], { ...env, ...hostile });
        const where = JSON.stringify(hostile);
        expect(code, `${where}\n${stderr}`).toBe(2);
        expect(stdout, where).toBe('');
        for (const [name, value] of Object.entries(hostile)) {
          expect(stderr, where).toContain(name);
          for (const part of [value, key.slice(2, -2), password]) expect(stderr, where).not.toContain(part);
        }
      }
      console.log(`hostile environment: ${cases.length} values refused`);
      expect(await readTable(database)).toEqual(before);
    },
    10 * 60_000,
  );
});

describe('DEBUG=*', () => {
  // run-tool.ts fails if a key, a plaintext or a password is printed.
  const loud = { DEBUG: '*', DEBUG_COLORS: '1', NODE_DEBUG: 'net,tls,stream,module', PRISMA_SHOW_ALL_TRACES: 'true' };

  it('leaks no secret from a run that succeeds', async () => {
    await plant(database, keys, 5);
    const { code, stderr } = await runTool(['--verbose'], { ...env, ...loud });
    expect(code).toBe(0);
    expect(stderr.length).toBeGreaterThan(1000);
    expect((await runTool(['verify', '--json'], { ...env, ...loud })).code).toBe(0);
  });

  it('leaks no secret from runs that fail', async () => {
    await plant(database, keys, 5);
    const wrongPassword = new URL(database.url);
    wrongPassword.password = secret(newKey().slice(0, 30));
    const noDatabase = new URL(database.url);
    noDatabase.pathname = '/no_such_database';
    for (const url of [wrongPassword.href, noDatabase.href]) {
      expect((await runTool([], { ...env, ...loud, DATABASE_URL: url })).code).toBe(4);
    }
    const otherKeys = newKeys();
    expect((await runTool([], { ...environment(otherKeys, database.url), ...loud })).code).toBe(3);
    await database.pool.query(`ALTER TABLE user_api_keys ADD CONSTRAINT refuse CHECK (length(iv) < 0) NOT VALID`);
    try {
      expect((await runTool([], { ...env, ...loud })).code).toBe(4);
    } finally {
      await database.pool.query('ALTER TABLE user_api_keys DROP CONSTRAINT refuse');
    }
  });
});
