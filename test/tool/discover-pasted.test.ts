import { beforeAll, describe, expect, it } from 'vitest';
import type { EncryptedField } from '../../src/database/encrypted-field.ts';
import { createDecoyTables } from '../support/discovery/tables.ts';
import { marksIn, withoutMarks } from '../support/formats/marks.ts';
import { type Planted, plantTables, readTables } from '../support/formats/planted.ts';
import { TABLES } from '../support/formats/tables.ts';
import { useFormats } from '../support/formats/use-formats.ts';
import { encryptedFieldsOf } from '../support/tool/prisma-generate.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 12;
const { database, oldKey, env } = useFormats();
const VALUES = TABLES.flatMap(({ name: table, values }) => values.map((value) => ({ table, ...value })));
const RECOGNIZABLE = VALUES.filter(({ bound }) => !bound);
/** The column of the key id holds no part of the value: nothing can tell what it is for. */
const EXPECTED = RECOGNIZABLE.map(({ table, columns, keyId }) => ({ table, columns: columns.filter((name) => name !== keyId) }));

let planted: Planted;
/** What `discover` prints, and what the generator makes of it. */
let pasted = '';
let fields: readonly EncryptedField[] = [];

beforeAll(async () => {
  planted = await plantTables(database.pool, TABLES, oldKey, ROWS);
  await createDecoyTables(database.pool, 50 - 1 - TABLES.length, ROWS);
  const { code, stdout, stderr } = await runHere(['discover'], env, false, []);
  expect(code, stderr).toBe(3);
  expect(stderr).toContain(`found ${RECOGNIZABLE.length} encrypted values that prisma/schema.prisma does not have`);
  expect(stderr).toContain('values that are bound to associated data (aad) cannot be recognized: register them by hand');
  pasted = stdout;
  fields = await encryptedFieldsOf(pasted);
});

/** @returns a value as a line of the list that a run prints */
function columnsOf({ table, columns }: (typeof EXPECTED)[number]): string {
  return columns.map((column) => `public.${table}.${column}`).join(', ');
}

describe('what discover prints in a database of 50 tables', () => {
  it('is every value that is not bound to associated data, and nothing else', async () => {
    const { rows } = await database.pool.query("SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'");
    expect(rows).toEqual([{ tables: 50 }]);
    expect(fields.map(({ table, columns }) => `${table}: ${columns.map(({ column }) => column).sort()}`).sort()).toEqual(
      EXPECTED.map(({ table, columns }) => `${table}: ${[...columns].sort()}`).sort(),
    );
  });

  it('makes the dry run pass once it is pasted and generated', async () => {
    const { code, stdout, stderr } = await runHere(['--dry-run'], env, false, fields);
    expect(code, stdout + stderr).toBe(0);
    const values = [...planted.plaintexts.keys()].filter((place) => !place.startsWith('Document of '));
    expect(stdout).toContain(`a run would rotate ${values.length} values to the new key; no problems found`);
  });

  it('is then registered already: discover finds nothing more', async () => {
    const { code, stdout, stderr } = await runHere(['discover'], env, false, fields);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
  });
});

describe('a value whose marks were removed from what discover printed', () => {
  it.each(EXPECTED.map((value) => [columnsOf(value), value] as const))(
    '(%s) stops rotate before the first write, unless it is ignored',
    async (named, { table, columns }) => {
      const own = fields.find((field) => field.table === table && field.columns.some(({ column }) => columns.includes(column)));
      const lines = marksIn(pasted).find(({ name }) => name === own?.name)?.lines ?? [];
      expect(lines).toHaveLength(columns.length);
      const others = await encryptedFieldsOf(withoutMarks(pasted, lines));
      expect(others.map(({ name }) => name)).toEqual(fields.map(({ name }) => name).filter((name) => name !== own?.name));

      const { code, stdout } = await runHere([], env, false, others);
      expect(code, stdout).toBe(3);
      const said = stdout.replaceAll(/\s+/gu, ' ');
      expect(said).toContain('1 encrypted field is not in prisma/schema.prisma, but holds values under these keys');
      for (const column of named.split(', ')) expect(said).toContain(column);
      expect(said).toContain('discover');
      expect(await readTables(database.pool, TABLES)).toEqual(planted.before);

      for (const column of columns) {
        const ignored = await runHere(['--dry-run', '--ignore', `${table}.${column}`], env, false, others);
        expect(ignored.code, ignored.stdout).toBe(0);
      }
    },
  );

  it('in part only, does not get past prisma generate', async () => {
    for (const { name, lines } of marksIn(pasted).filter(({ lines: marked }) => marked.length > 1)) {
      const [model] = name.split('.');
      await expect(encryptedFieldsOf(withoutMarks(pasted, lines.slice(0, 1)))).rejects.toThrow(
        new RegExp(`${model}\\.\\w+: .*is in no column of the value`, 'u'),
      );
    }
  });
});
