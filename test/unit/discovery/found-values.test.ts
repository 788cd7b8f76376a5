import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { type FoundValue, findValues, isRegistered, obstacleTo } from '../../../src/discovery/found-values.ts';
import { encrypt, newKey } from '../../support/application/application.ts';

const hex = newKey();
const keys = [importEncryptionKey(hex)];
type Row = Readonly<Record<string, string | null>>;

function find(rows: readonly Row[]): readonly FoundValue[] {
  const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, kind: 'text' as const }));
  return findValues({ schema: 'public', table: 't', id: null, columns, rows }, keys, 40_000).values;
}

function joined(plaintext: string): string {
  const { iv, content, tag } = encrypt(hex, plaintext, 12);
  return `${iv}${content}${tag}`;
}

/** As schema.prisma has three columns. */
const REGISTERED = {
  ...{ schema: 'public', table: 't', columns: ['iv', 'content', 'tag'] },
  places: ['iv', 'content', 'tag'].map((column) => JSON.stringify([column, null])),
};

describe('what is printed of a template', () => {
  it.each<[form: string, text: (index: number) => string]>([
    ['v1:', () => 'v1:'],
    ['enc:v1:', () => 'enc:v1:'],
    ['nothing', () => ''],
    ['v1', () => 'v1'],
  ])('is the text around the parts if it is a form that rows share: %s', (_form, text) => {
    const [value] = find([0, 1, 2].map((index) => ({ secret: `${text(index)}${joined(`p${index}`)}` })));
    expect(value?.columns[0]?.template).toBe(`${text(0)}{iv}{content}{tag} iv=12`);
  });

  it.each<[what: string, rows: number, text: (index: number) => string]>([
    ['differs from row to row', 3, (index) => `hunter${index}:`],
    ['is no form', 3, () => 'password=hunter2 '],
    ['stands in a single row', 1, () => 'hunter2:'],
    ['is an object whose only row names its member', 1, () => '{"alice":"'],
  ])('is nothing if that text %s, though the value is found', (_what, rows, text) => {
    const end = text(0).startsWith('{') ? '"}' : '';
    const values = find(Array.from({ length: rows }, (_, index) => ({ secret: `${text(index)}${joined(`p${index}`)}${end}` })));
    expect(values.length).toBeGreaterThan(0);
    expect(values.flatMap(({ columns }) => columns.map(({ template }) => template)).filter((each) => each !== null)).toEqual([]);
    expect(JSON.stringify(values.map(({ columns }) => columns))).not.toMatch(/hunter|alice/u);
  });
});

describe('a value in a JSON object', () => {
  it('is registered if a template of text spells the object out', () => {
    const [value] = find([1, 2].map((index) => ({ secret: JSON.stringify(encrypt(hex, `p${index}`, 12)) })));
    const whole = { ...REGISTERED, columns: ['secret'], places: [JSON.stringify(['secret', null])] };
    expect(value && isRegistered(value, [whole])).toBe(true);
  });
});

describe('two values that share a column', () => {
  it('with one iv are both found, and the second cannot be registered', () => {
    const rows = [1, 2, 3].map((index) => {
      const first = encrypt(hex, `first ${index}`, 12);
      const second = encryptWith(first.iv, `second ${index}`);
      return { ...first, secret: second.content, secret_tag: second.tag };
    });
    const values = find(rows);
    const forgotten = values.filter((value) => !isRegistered(value, [REGISTERED]));
    expect(forgotten.map(({ columns }) => columns.map(({ name }) => name))).toEqual([['iv', 'secret', 'secret_tag']]);
    expect(forgotten.map((value) => obstacleTo(value, [REGISTERED], []))).toEqual([
      { problem: 'shares column iv with another value', endangered: true },
    ]);
  });

  it('as members of one object are both found, and only the registered one counts as such', () => {
    const value = (text: string) => Object.values(encrypt(hex, text, 12)).join(':');
    const rows = [1, 2, 3].map((index) => ({
      data: JSON.stringify({ access: value(`a${index}`), refresh: value(`r${index}`) }),
    }));
    const values = find(rows);
    expect(values).toHaveLength(2);
    const registered = { ...REGISTERED, columns: ['data'], places: [JSON.stringify(['data', 'access'])] };
    const forgotten = values.filter((each) => !isRegistered(each, [registered]));
    expect(forgotten.map(({ places }) => places)).toEqual([[JSON.stringify(['data', 'refresh'])]]);
    // It cannot be registered, but it may stay: rotating the other member leaves it as it is.
    expect(forgotten.map((each) => obstacleTo(each, [registered], []))).toEqual([
      { problem: 'shares column data with another value', endangered: false },
    ]);
  });
});

describe('what is no value of its own', () => {
  it.each(['copy', 'empty'])('although it decrypts: %s', (what) => {
    const rows = [1, 2, 3].map((index) => {
      const value = encrypt(hex, what === 'empty' ? '' : `p${index}`, 12);
      return { other: value.content, ...value, noise: randomBytes(8).toString('hex') };
    });
    expect(find(rows).filter((value) => !isRegistered(value, [REGISTERED]))).toEqual([]);
  });
});

/** Reuses an iv, as some applications do for several columns of a row. */
function encryptWith(ivHex: string, plaintext: string) {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(hex, 'hex'), Buffer.from(ivHex, 'hex'));
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { content: content.toString('hex'), tag: cipher.getAuthTag().toString('hex') };
}
