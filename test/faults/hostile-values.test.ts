import process from 'node:process';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decrypt, type Encrypted, encrypt } from '../support/application/application.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { environment, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);

beforeAll(async () => {
  // As some applications have it: ids and values in text columns of any length, which can hold anything.
  await database.pool.query(`
    ALTER TABLE user_api_keys ALTER id DROP DEFAULT, ALTER id TYPE text, ALTER iv TYPE text, ALTER tag TYPE text,
      ALTER iv DROP NOT NULL, ALTER content DROP NOT NULL, ALTER tag DROP NOT NULL`);
});

/** The characters by which a terminal can be steered or fooled, line ends aside: C0, DEL, C1, and what reorders or hides text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
const STEERING = ['\u001b[2J', '\u001b]0;owned\u0007', '\u009b31m', '\r', '\n', '\u0008', '\u202e', '\u200b', '\u007f', '\t'];

async function insert(id: string, { iv, content, tag }: { readonly [Name in keyof Encrypted]: string | null }): Promise<void> {
  await database.pool.query(
    `WITH owner AS (INSERT INTO users (email) VALUES (gen_random_uuid()::text) RETURNING id)
     INSERT INTO user_api_keys (id, user_id, provider, iv, content, tag) SELECT $1, id, 'openrouter', $2, $3, $4 FROM owner`,
    [id, iv, content, tag],
  );
}

describe('text that steers a terminal', () => {
  const ids = STEERING.map((text, index) => `${index}${text}${index}`);

  it('does not reach it from the ids of rows, rotated or unreadable', async () => {
    for (const id of ids) await insert(id, encrypt(keys.old, 'plaintext'));
    const unreadable = `x${STEERING.join('x')}x`;
    await insert(unreadable, { ...encrypt(keys.old, 'plaintext'), tag: '00'.repeat(16) });
    for (const args of [[], ['--verbose'], ['--json'], ['--skip-unreadable', '--verbose']]) {
      const { code, stdout, stderr } = await runHere(args, env);
      expect(code, stderr).toBe(3);
      expect(`${stdout}${stderr}`).not.toMatch(RAW);
      expect(`${stdout}${stderr}`).toContain('31mx');
    }
    const opened = (await readTable(database))
      .filter(({ id }) => id !== unreadable)
      .map((row) => decrypt(keys.new, row)?.toString());
    expect(opened).toEqual(ids.map(() => 'plaintext'));
  });

  it('does not reach it from an error of the database', async () => {
    await insert('1', encrypt(keys.old, 'plaintext'));
    const before = await readTable(database);
    await database.pool.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION E'no \\x1b[2J\\x1b]0;owned\\x07\\u009b31m\\u202e way' USING DETAIL = E'\\x1b[1m', HINT = E'\\x1b[5m'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION refuse()`);
    try {
      for (const args of [[], ['--json'], ['--verbose']]) {
        const { code, stdout, stderr } = await runHere(args, env);
        expect(code, stderr).toBe(4);
        expect(stderr).toContain('[2J');
        expect(`${stdout}${stderr}`).not.toMatch(RAW);
      }
    } finally {
      await database.pool.query('DROP FUNCTION refuse CASCADE');
    }
    expect(await readTable(database)).toEqual(before);
  });
});

/** Any text that PostgreSQL can store, and the likes of hex. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 64 }).map((text) => text.replaceAll('\0', '')),
  fc.constantFrom(...STEERING, '\\ud800', '\ud800', "'; DROP TABLE user_api_keys; --", '\\x00', '0x', ' ', 'null', '%00', '$1'),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'０１２３４５６７８９ａｂｃｄｅｆ٠١٢٣०१२३'), minLength: 32, maxLength: 32 }),
  fc.constantFrom(1_000, 100_000, 1_000_000).map((length) => 'ab'.repeat(length)),
);
const mangled = fc.record({ column: fc.constantFrom('iv', 'content', 'tag'), text: fc.option(hostileText, { freq: 20 }) });

describe('hostile values in the three columns', () => {
  it(
    'are named one by one, with exit 3, and the table is untouched',
    async () => {
      let values = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(mangled, { minLength: 30, maxLength: 60 }), async (rows) => {
          await plant(database, keys, 0);
          const good = encrypt(keys.old, 'plaintext');
          for (const [index, { column, text }] of rows.entries()) await insert(String(index), { ...good, [column]: text });
          const before = await readTable(database);
          const unreadable = before.filter((row) => !opens(row)).map(({ id }) => id);

          const { code, stdout, stderr } = await runHere(['--json', '--dry-run'], env);
          const real = unreadable.length === 0 ? null : await runHere([], env);

          expect(code, stderr).toBe(unreadable.length === 0 ? 0 : 3);
          expect(real?.code ?? 3, real?.stderr).toBe(3);
          expect(`${stdout}${stderr}${real?.stdout}${real?.stderr}`).not.toMatch(RAW);
          const [listed]: { unreadable: { id: string }[] }[] = JSON.parse(stdout).fields;
          expect(listed?.unreadable.map(({ id }) => id).sort()).toEqual(unreadable.sort());
          expect(await readTable(database)).toEqual(before);
          values += rows.length;
        }),
        { numRuns: process.env['FAULTS'] === 'all' ? 30 : 3 },
      );
      console.log(`hostile values: ${values} rows, the table untouched each time`);
    },
    10 * 60_000,
  );
});

/** Judges a row strictly and without the tool: hex of the right lengths, and authentic. */
function opens(row: { readonly [Name in keyof Encrypted]: string | null }): boolean {
  const { iv, content, tag } = row;
  if (iv === null || content === null || tag === null) return false;
  if (![iv, content, tag].every((text) => /^([0-9a-f]{2})*$/iu.test(text) && !text.endsWith('\n'))) return false;
  return [24, 32].includes(iv.length) && tag.length === 32 && decrypt(keys.old, { iv, content, tag }) !== null;
}
