import { describe, expect, it } from 'vitest';
import { schemaText } from '../../../../src/commands/discover/models.ts';
import { fieldName, modelName, valueName } from '../../../../src/commands/discover/names.ts';
import type { EncryptedField } from '../../../../src/database/encrypted-field.ts';
import type { FoundValue } from '../../../../src/discovery/found-values.ts';

type FoundColumn = FoundValue['columns'][number];

function column(name: string, template: string, kind: FoundColumn['kind'] = 'text'): FoundColumn {
  return { name, kind, template };
}

function value(table: string, columns: readonly FoundColumn[], more: Partial<FoundValue> = {}): FoundValue {
  const id = { name: 'id', type: 'String' } as const;
  return { schema: 'public', table, id, columns, under: new Map(), sampledRows: 1, places: [], ...more };
}

const registered: EncryptedField = {
  name: 'Account.access',
  model: 'Account',
  schema: null,
  table: 'accounts',
  id: { field: 'id', column: 'id' },
  columns: [{ field: 'accessToken', column: 'access_token' }],
  layout: { columns: [], aad: null },
};

describe('the models of found values', () => {
  it('have names as Prisma has them, mapped to those of the database', () => {
    const found = value('api-keys', [column('Secret Key', '{iv}:{content}:{tag}')], { id: { name: 'ID', type: 'BigInt' } });
    expect(schemaText([found], [], 'public')).toBe(`\
model ApiKeys {
  id        BigInt  @id @map("ID")
  secretKey String? @map("Secret Key") /// @encrypted {iv}:{content}:{tag}

  @@map("api-keys")
}`);
  });

  it('name the values where a model has several, after what their columns have in common', () => {
    const pair = (name: string) => [column(`${name}_iv`, '{iv}'), column(`${name}_data`, '{content}{tag} base64')];
    expect(schemaText([value('Login', pair('access')), value('Login', pair('refresh'))], [], 'public')).toBe(`\
model Login {
  id          String  @id
  accessIv    String? @map("access_iv")    /// @encrypted(access) {iv}
  accessData  String? @map("access_data")  /// @encrypted(access) {content}{tag} base64
  refreshIv   String? @map("refresh_iv")   /// @encrypted(refresh) {iv}
  refreshData String? @map("refresh_data") /// @encrypted(refresh) {content}{tag} base64
}`);
  });

  it('are lines to add where the table is registered, with names that are not taken', () => {
    const found = value('accounts', [column('access', '{iv}{content}{tag} iv=12', 'bytes')]);
    expect(schemaText([found], [registered], 'public')).toBe(`\
// add to model Account:
  access Bytes? /// @encrypted(access2) {iv}{content}{tag} iv=12`);
  });

  it('say in which schema they are wherever another model does, as Prisma wants it', () => {
    const found = value('Login', [column('secret', '{iv}:{content}:{tag}')]);
    expect(schemaText([found], [{ ...registered, schema: 'billing' }], 'public')).toContain('  @@schema("public")\n}');
  });

  it('have no id where that is a part of the value', () => {
    const unique = { name: 'iv', type: 'String' } as const;
    const found = value('Login', [column('iv', '{iv}'), column('data', '{content}{tag}')], { id: unique });
    const text = schemaText([found], [], 'public');
    expect(text).toContain('// an id is missing');
    expect(text).not.toContain('@id');
  });

  it('are not called as a type of Prisma is', () => {
    const text = schemaText([value('json', [column('secret', '{iv}:{content}:{tag}')])], [], 'public');
    expect(text).toContain('model Json2 {');
    expect(text).toContain('@@map("json")');
  });

  it('say in which schema they are, and take no name of another model', () => {
    const found = value('account', [column('secret', '{"c":"{iv}{content}{tag}"} iv=12', 'json')], { schema: 'billing' });
    expect(schemaText([found], [registered], 'public')).toBe(`\
model Account2 {
  id     String @id
  secret Json?  /// @encrypted {"c":"{iv}{content}{tag}"} iv=12

  @@map("account")
  @@schema("billing")
}`);
  });

  it('say what is missing where no column can be the id', () => {
    expect(schemaText([value('Log', [column('secret', '{iv}.{content}.{tag}')], { id: null })], [], 'public')).toContain(
      '  // an id is missing: it has to be a column that is unique and NOT NULL by itself',
    );
  });
});

describe('names', () => {
  it.each([
    ['user_api_keys', 'UserApiKeys', 'userApiKeys'],
    ['Credentials', 'Credentials', 'credentials'],
    ['accessToken', 'AccessToken', 'accessToken'],
    ['IV', 'IV', 'iv'],
    ['2fa secret', 'Table2faSecret', 'table2faSecret'],
    ['ключ', 'Table', 'column'],
  ])('of %s are %s and %s', (name, model, field) => {
    expect([modelName(name), fieldName(name)]).toEqual([model, field]);
  });

  it.each([
    [['accessIv', 'accessData'], 'access'],
    [['iv', 'content', 'tag'], 'content'],
    [['secret'], 'secret'],
  ])('of a value in %j is %s', (fields, name) => {
    expect(valueName(fields)).toBe(name);
  });
});
