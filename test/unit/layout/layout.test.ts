import { beforeEach, describe, expect, it } from 'vitest';
import { type Layout, type Misfit, type StoredValue, sameStored, storedBytes } from '../../../src/layout/layout.ts';
import { type Fields, HEX_COLUMNS, layoutOf, valueIn } from './layout-of.ts';

const stored = { iv: 'ab', content: 'cdef', tag: null };

describe('stored values', () => {
  it('are the same if every column is, character for character', () => {
    expect(sameStored(stored, { ...stored })).toBe(true);
    // A backup from before the column was registered does not have it.
    expect(sameStored({ ...stored, keyId: null }, stored)).toBe(true);
    expect(sameStored({ ...stored, keyId: 'k' }, stored)).toBe(false);
    for (const change of [{ iv: 'AB' }, { content: 'cdef ' }, { tag: '' }]) {
      expect(sameStored(stored, { ...stored, ...change })).toBe(false);
    }
  });

  it('take what their texts take, and something more', () => {
    expect(storedBytes(stored)).toBe(106);
    expect(storedBytes({})).toBe(100);
  });
});

const GOOD = { iv: '0a'.repeat(12), content: 'c0ffee', tag: '0b'.repeat(16) };
const VALUE = { iv: Buffer.alloc(12, 10), content: Buffer.from('c0ffee', 'hex'), tag: Buffer.alloc(16, 11) };

describe('a value that is not there', () => {
  const withAad = { id: 'Int', ...HEX_COLUMNS, iv: 'String @encrypted {iv} aad="{id}"', keyId: 'String @encrypted {keyId}' };

  it.each<[title: string, fields: Fields, stored: StoredValue]>([
    ['every column is null', HEX_COLUMNS, { iv: null, content: null, tag: null }],
    ['every column is missing', HEX_COLUMNS, {}],
    ['the only column is null', { secret: 'Json @encrypted {"v":"{iv}:{content}:{tag}"}' }, { secret: null }],
    ['only the key id is left', withAad, { id: '1', iv: null, content: null, tag: null, keyId: 'a key' }],
    ['the associated data is null as well', withAad, { id: null, iv: null, content: null, tag: null, keyId: null }],
  ])('is none: %s', (_title, fields, each) => {
    expect(layoutOf(fields).parse(each)).toEqual({ kind: 'none' });
  });

  it('is malformed if only some columns are null', () => {
    const layout = layoutOf(withAad);
    for (const column of ['iv', 'content', 'tag']) {
      const some = { id: '1', ...GOOD, keyId: null, [column]: null };
      expect(layout.parse(some)).toEqual({ kind: 'malformed', column, misfit: 'null' });
    }
  });
});

describe('associated data', () => {
  let layout: Layout;

  beforeEach(() => {
    layout = layoutOf({ id: 'Int', org: 'String', ...HEX_COLUMNS, tag: 'String @encrypted {tag} aad="{org}:{id}:{org}"' });
  });

  it('is the UTF-8 of its columns and literals', () => {
    expect(valueIn(layout, { ...GOOD, id: '-3', org: 'ü' }).aad).toEqual(Buffer.from('ü:-3:ü'));
    expect(valueIn(layout, { ...GOOD, id: '', org: '' }).aad).toEqual(Buffer.from('::'));
    expect(layout.bound).toEqual(['org', 'id']);
  });

  it('cannot be made of a null', () => {
    expect(layout.parse({ ...GOOD, id: null, org: 'x' })).toEqual({ kind: 'malformed', column: 'id', misfit: 'aad-null' });
    expect(layout.parse({ ...GOOD, id: '1' })).toEqual({ kind: 'malformed', column: 'org', misfit: 'aad-null' });
  });

  it('is none for a value that is bound to nothing', () => {
    expect(valueIn(layoutOf(HEX_COLUMNS), GOOD)).toEqual({ kind: 'value', value: VALUE, aad: null });
  });

  it('stays as it is beside a new value', () => {
    expect(layout.format(VALUE, { ...GOOD, id: '1', org: 'x' }, '')).toEqual({ ...GOOD, id: '1', org: 'x' });
    expect(layout.format(VALUE, GOOD, '')).toEqual({ ...GOOD, id: null, org: null });
  });
});

describe('a key id', () => {
  it('is written with each value, whatever was there, and not read', () => {
    const layout = layoutOf({ keyId: 'String @encrypted {keyId}', ...HEX_COLUMNS });
    expect(layout.columns).toEqual(['keyId', 'iv', 'content', 'tag']);
    for (const keyId of [null, 'another key']) {
      expect(valueIn(layout, { ...GOOD, keyId }).value).toEqual(VALUE);
      expect(layout.format(VALUE, { ...GOOD, keyId }, 'a key')).toEqual({ ...GOOD, keyId: 'a key' });
    }
  });
});

describe('the form of a part that does not show it', () => {
  const value = { iv: Buffer.alloc(12, 0xab), content: Buffer.from([0x6b, 0xff, 0xff]), tag: Buffer.alloc(16, 0xff) };

  it.each(['{content} base64', 'x:{content} base64'])('is that of the other hex, whatever base64 has beside it: %s', (mark) => {
    const layout = layoutOf({ ...HEX_COLUMNS, content: `String @encrypted ${mark}` });
    const content = `${mark.startsWith('x') ? 'x:' : ''}abcd`;
    const like = { iv: 'CD'.repeat(12), content, tag: '11'.repeat(16) };
    expect(layout.format(value, like, '')['tag']).toBe('FF'.repeat(16));
    expect(layout.format(value, { ...like, iv: 'cd'.repeat(12) }, '')['tag']).toBe('ff'.repeat(16));
  });

  it.each([
    ['\\/', 'a slash with an escape'],
    ['/', 'a slash without one'],
  ])('is that of the other members of its JSON object: %s, %s', (slash) => {
    const layout = layoutOf({ secret: 'Json @encrypted {"iv":"{iv}","content":"{content}","tag":"{tag}"} base64' });
    const [plain, slashed] = [Buffer.alloc(12).toString('base64'), Buffer.alloc(16, 255).toString('base64')];
    const written = (iv: string, content: string, tag: string) =>
      `{"iv":"${iv}","content":"${content}","tag":"${tag}"}`.replaceAll('/', slash);
    const { iv, content, tag } = value;
    expect(layout.format(value, { secret: written(plain, 'aaaa', slashed) }, '')).toEqual({
      secret: written(iv.toString('base64'), content.toString('base64'), tag.toString('base64')),
    });
  });
});

describe('a form that is no form', () => {
  it.each<[fields: Fields, like: StoredValue, misfit: Misfit]>([
    [{ secret: 'String @encrypted {iv}:{content}:{tag}' }, { secret: 'x' }, 'no-match'],
    [{ secret: 'Json @encrypted {"v":"{iv}:{content}:{tag}"}' }, { secret: 'x' }, 'not-json'],
  ])('is a bug of the caller: %j like %j', (fields, like, misfit) => {
    expect(() => layoutOf(fields).format(VALUE, like, '')).toThrow(`does not fit its layout: ${misfit}`);
  });
});
