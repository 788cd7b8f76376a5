import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { prismaGenerate, SCHEMA_HEAD } from '../support/tool/prisma-generate.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
/** The line of the first model. */
const FIRST = SCHEMA_HEAD.split('\n').length;

describe('prisma generate', () => {
  it('writes down the default schema as three columns in hex', async () => {
    const schema = readFileSync(path.join(root, 'prisma', 'schema.prisma'), 'utf8');
    const { said, fields, source } = await prismaGenerate(schema.slice(schema.indexOf('model UserApiKey')));
    expect(said).toContain('Generated Encrypted Fields');
    expect(source).toContain('export const encryptedFields: readonly EncryptedField[] = [');
    const hex = (column: string, bytes: number | null) => ({
      kind: 'text',
      column,
      encoding: 'hex',
      pieces: [{ run: [{ part: column, bytes }] }],
    });
    expect(fields).toEqual([
      {
        name: 'UserApiKey',
        model: 'UserApiKey',
        schema: null,
        table: 'user_api_keys',
        id: { field: 'id', column: 'id' },
        columns: ['iv', 'content', 'tag'].map((name) => ({ field: name, column: name })),
        layout: { columns: [hex('iv', null), hex('content', null), hex('tag', 16)], aad: null },
      },
    ]);
  });

  it('writes down several values of several models, in the order of the schema', async () => {
    const { said, fields } = await prismaGenerate(`/// Comments of other kinds may stand anywhere.
model Account {
  a            Int
  b            Int
  number       BigInt  @unique @map("no")
  org          String  @map("org_id")
  /// What the provider gave us.
  /// @encrypted(access) v1:{iv}{tag}{content} iv=16
  accessToken  String? @map("access_token")
  refreshToken String? @map("refresh_token") /// @encrypted(refresh) {iv}:{content}:{tag} base64 aad="{org}/{number}"
  keyId        String? @map("key_id") /// @encrypted(refresh) {keyId}
  // plain String /// @encrypted {iv}

  @@id([a, b])
  @@map("accounts")
}

model Plain {
  id   Int    @id
  note String @default("@encrypted")
}

model Secret {
  kind   Kind   @id
  id     String @unique
  secret Json   /// @encrypted {"iv":"{iv}","data":"{content}{tag}"}
}

enum Kind {
  one
}
`);
    expect(said).toContain('Generated Encrypted Fields');
    expect(fields).toMatchObject([
      {
        name: 'Account.access',
        model: 'Account',
        table: 'accounts',
        id: { field: 'number', column: 'no' },
        columns: [{ field: 'accessToken', column: 'access_token' }],
        layout: { columns: [{ kind: 'text', column: 'accessToken' }], aad: null },
      },
      {
        name: 'Account.refresh',
        id: { field: 'number', column: 'no' },
        columns: [
          { field: 'refreshToken', column: 'refresh_token' },
          { field: 'keyId', column: 'key_id' },
          { field: 'org', column: 'org_id' },
          { field: 'number', column: 'no' },
        ],
        layout: {
          columns: [
            { kind: 'text', column: 'refreshToken', encoding: 'base64' },
            { kind: 'key-id', column: 'keyId' },
          ],
          aad: [{ column: 'org' }, { literal: '/' }, { column: 'number' }],
        },
      },
      { name: 'Secret', table: 'Secret', id: { field: 'id', column: 'id' }, layout: { columns: [{ kind: 'json' }] } },
    ]);
  });

  it('names every problem at once, with its line, and writes nothing', async () => {
    const { said, fields } = await prismaGenerate(`/// @encrypted {iv}
model Account {
  a       Int
  b       Int
  n       BigInt? @unique
  access  String  /// @encrypted(access) v1:{iv}{tag}{content}
  joined  Json    /// @encrypted(joined) {"iv": "{iv}", "d": {"a": "{tag}{content}"}}
  hidden  String? @ignore /// @encrypted {iv}
  xml     Unsupported("xml")? /// @encrypted {tag}
  bytes   Bytes // @encrypted {content}

  @@id([a, b])
}

model Session {
  id    Kind   @id
  token String @unique /// @encrypted {iv}:{content}:{tag}
}

model Secret {
  id    Int    @id
  /// The secret, @encrypted {iv}
  one   String
  /// @encrypted {iv}
  two   String /// @encrypted {tag}
  three String /// @encrypted(three) {iv}:{content} aad="{id}"
  tag   String /// @encrypted(three) {tag}
  iv    String /// @encrypted(three) {iv}
}

model Half {
  id   Int    @id
  half String /// @encrypted(half) {iv}:{content}
  a    String /// @encrypted {iv}:{content}:{tag}
  b    String /// @encrypted {iv}:{content}:{tag}
  c    String /// @encrypted(c) {iv}:{content}:{tag} aad="{a}"
}

enum Kind {
  one
}
`);
    const passedOn = 'Prisma passes @encrypted on only from three slashes, at a field';
    const id = 'needs an id that is one field of the type String, Int or BigInt';
    for (const [line, problem] of [
      [1, 'Account: @encrypted has to stand at a field, not at a model'],
      [1, `Account: ${id}`],
      [5, 'Account.access: {iv} beside another part needs iv=12 or iv=16'],
      [6, 'Account.joined: the template is no JSON object of strings'],
      [7, `Account.hidden: ${passedOn}`],
      [8, `Account.xml: ${passedOn}`],
      [9, `Account.bytes: ${passedOn}`],
      [14, `Session: ${id}`],
      [22, 'Secret.one: @encrypted has to stand at the beginning of its comment'],
      [24, 'Secret.two: @encrypted stands at it twice, but a column belongs to one value'],
      [32, 'Half.half: the value half: {tag} is in no column of the value'],
      [33, 'Half.a: {iv} is in two places: a, b; {content} is in two places: a, b; {tag} is in two places: a, b'],
      [35, 'Half.c: the value c: aad= names {a}, which is no field of the model, or one that is marked'],
    ] as const) {
      expect(said).toContain(`…/0.prisma:${FIRST + line}: ${problem}`);
    }
    expect(said.match(/0\.prisma:\d+: /g)).toHaveLength(13);
    expect(fields).toBeNull();
  });

  it('passes over no mark that belongs to no field', async () => {
    const { said, fields } = await prismaGenerate(`model A {
  id  Int    @id
  a   String /// @encrypted {iv}:{content}:{tag}
  // b String /// @encrypted(b) {iv}:{content}:{tag}
  // @encrypted(c) {iv}:{content}:{tag}
  c   String
  d   String
  /// @encrypted(d) {iv}:{content}:{tag} aad="{id}"

  @@map("a") /// the table
}

model B {
  id  Int    @id
  e   String
  /// @encrypted {iv}:{content}:{tag} aad="{id}"
}
`);
    for (const [line, problem] of [
      [5, 'A.c: Prisma passes @encrypted on only from three slashes'],
      [9, 'A: @encrypted has to stand at a field, not at a model'],
      [16, 'B: @encrypted has to stand at a field, not at a model'],
    ] as const) {
      expect(said).toContain(`…/0.prisma:${FIRST + line}: ${problem}`);
    }
    expect(said.match(/0\.prisma:\d+: /g)).toHaveLength(3);
    expect(fields).toBeNull();
  });

  it('names the file too, if the schema has several', async () => {
    const { said } = await prismaGenerate(
      'enum Kind {\n  one\n}\n',
      'model A {\n  id Int @id\n  s  Int /// @encrypted {iv}\n}\n',
    );
    expect(said).toContain('…/1.prisma:3: A.s: is of type Int, but the template needs String or Bytes');
  });

  it('does not take a schema without a mark for one where nothing is to be done', async () => {
    const { said, fields } = await prismaGenerate('model A {\n  id Int @id\n  s  String // encrypted\n}\n');
    expect(said).toContain('no field is marked /// @encrypted');
    expect(fields).toBeNull();
  });
});
