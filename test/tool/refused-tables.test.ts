import { beforeAll, describe, expect, it } from 'vitest';
import type { EncryptedField } from '../../src/database/encrypted-field.ts';
import { useDatabase } from '../support/table/database.ts';
import { environment, newKeys } from '../support/table/witness.ts';
import { encryptedFieldsOf, prismaGenerate } from '../support/tool/prisma-generate.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const env = environment(newKeys(), database.url);

beforeAll(() =>
  database.pool.query(`
    CREATE TYPE kind AS ENUM ('one', 'two');
    CREATE TABLE plain (id int PRIMARY KEY, kind kind NOT NULL UNIQUE, a int NOT NULL, secret text, bytes bytea, number int, xml xml,
      short varchar(8), copy text GENERATED ALWAYS AS (secret) STORED);
    CREATE TABLE composite (a int, b int, secret text, PRIMARY KEY (a, b));
    CREATE VIEW view AS SELECT * FROM plain;
    CREATE MATERIALIZED VIEW materialized AS SELECT * FROM plain;
    CREATE FOREIGN DATA WRAPPER nowhere;
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere;
    CREATE FOREIGN TABLE abroad (id int NOT NULL, secret text) SERVER elsewhere`),
);

const JOINED = 'String /// @encrypted {iv}:{content}:{tag}';
const REFUSED = [
  ['a view', 'view', 'id Int @id', `secret ${JOINED}`, 'public.view is not a table'],
  ['a materialized view', 'materialized', 'id Int @id', `secret ${JOINED}`, 'public.materialized is not a table'],
  ['a foreign table', 'abroad', 'id Int @id', `secret ${JOINED}`, 'public.abroad is not a table'],
  [
    'an enum id that the schema calls a String',
    'plain',
    'id String @id @map("kind")',
    `secret ${JOINED}`,
    'column kind of public.plain is public.kind, which the tool cannot page through',
  ],
  [
    'half of a composite primary key',
    'composite',
    'a Int @id',
    `secret ${JOINED}`,
    'column a of public.composite is not unique and NOT NULL',
  ],
  ['a String that is a number', 'plain', 'id Int @id', `number ${JOINED}`, 'column number of public.plain is integer, not text'],
  ['a String that is bytea', 'plain', 'id Int @id', `bytes ${JOINED}`, 'column bytes of public.plain is bytea, not text'],
  [
    'a key id that a fingerprint does not fit into',
    'plain',
    'id Int @id',
    `secret ${JOINED}\n  short String? /// @encrypted {keyId}`,
    'column short of public.plain holds 8 characters at most',
  ],
  [
    'a column that the server makes of others',
    'plain',
    'id Int @id',
    `copy ${JOINED}`,
    'column copy of public.plain is generated from others, so nothing can be written to it',
  ],
  [
    'Bytes that are text',
    'plain',
    'id Int @id',
    'secret Bytes /// @encrypted {iv}{content}{tag} iv=12',
    'column secret of public.plain is text, not bytea',
  ],
  [
    'Json that is bytea',
    'plain',
    'id Int @id',
    'bytes Json /// @encrypted {"iv":"{iv}","data":"{content}{tag}"}',
    'column bytes of public.plain is bytea, not json',
  ],
  [
    'associated data of a type whose text is not certain',
    'plain',
    'id Int @id\n  xml String',
    `secret ${JOINED} aad="{xml}"`,
    'column xml of public.plain is xml, not text, uuid or a whole number',
  ],
  ['a column that is not there', 'plain', 'id Int @id', `other ${JOINED}`, 'table public.plain has no column other'],
] as const;

let fields: readonly EncryptedField[] = [];

beforeAll(async () => {
  // Prisma takes a table only once in a schema, whatever it is in the database.
  const models = REFUSED.map(
    ([, table, id, field], index) => `model Refused${index} {\n  ${id}\n  ${field}\n  @@map("${table}_${index}")\n}\n`,
  );
  fields = await encryptedFieldsOf(models.join(''));
});

describe('a table that cannot be rotated is refused before anything is read from it:', () => {
  it.each(REFUSED.map(([title, table, , , message], index) => [title, { table, message, index }] as const))(
    '%s',
    async (_title, { table, message, index }) => {
      const own = fields.filter(({ model }) => model === `Refused${index}`).map((field) => ({ ...field, table }));
      expect(own).toHaveLength(1);
      for (const args of [[], ['--dry-run'], ['verify']]) {
        const { code, stdout, stderr } = await runHere(args, env, false, own);
        expect(code, stdout).toBe(4);
        expect(stderr).toContain(message);
        expect(stderr).not.toContain('preflight: ');
      }
    },
  );
});

describe('prisma generate', () => {
  it('refuses a model whose rows no single column names', async () => {
    const secret = `secret ${JOINED}`;
    const text = `
model Composite {\n  a Int\n  b Int\n  ${secret}\n  @@id([a, b])\n}
model Optional {\n  a Int\n  b Int\n  c Int? @unique\n  ${secret}\n  @@id([a, b])\n}
model Enumerated {\n  id Kind @id\n  ${secret}\n}
enum Kind {\n  one\n}\n`;
    const { said, fields: none } = await prismaGenerate(text);
    for (const model of ['Composite', 'Optional', 'Enumerated']) {
      expect(said).toContain(`: ${model}: needs an id that is one field of the type String, Int or BigInt`);
    }
    expect(none).toBeNull();
  });
});
