import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { recognize } from '../../../src/discovery/recognize.ts';
import { joined, seal } from '../../support/discovery/seal.ts';
import { columnsOf, LOOKALIKES, newKey, recognized, rowsOf } from './given.ts';

const [one, other] = [newKey(), newKey()];
const ROWS = 12;

function hexOf(value: ReturnType<typeof seal>) {
  return { iv: value.iv.toString('hex'), content: value.content.toString('hex'), tag: value.tag.toString('hex') };
}

describe('values behind rows under a key that is not given', () => {
  const third = newKey();

  it.each([
    ['in one column', (key: ReturnType<typeof newKey>) => ({ secret: Object.values(hexOf(seal(key.bytes, 12))).join(':') })],
    ['in three columns', (key: ReturnType<typeof newKey>) => hexOf(seal(key.bytes, 12))],
  ])('are found %s, however many there are before them', (_title, write) => {
    const rows = rowsOf(100, (index) => ({ digest: index.toString(16).padStart(64, '0'), ...write(index < 97 ? third : one) }));
    const names = Object.keys(rows[0] ?? {});
    expect(recognized(columnsOf(...names), rows, one, other).map(({ rows: count }) => count)).toEqual([3]);
  });

  it('do not keep those in three columns from being found, nor do digests in many others', () => {
    const digests = Array.from({ length: 20 }, (_, index) => `digest_${index}`);
    const rows = rowsOf(20, () => ({
      ...Object.fromEntries(digests.map((name) => [name, createHash('sha256').update(randomBytes(8)).digest('hex')])),
      ...hexOf(seal(one.bytes, 12, 'a secret of the usual length')),
    }));
    const { values } = recognize({ columns: columnsOf(...Object.keys(rows[0] ?? {})), rows }, [one.key], 1000);
    expect(values.map(({ layout }) => layout.columns.map(({ column }) => column))).toEqual([['iv', 'content', 'tag']]);
  });

  it('may be missed if there is too much to try, which is said', () => {
    const rows = rowsOf(100, (index) => ({ secret: Object.values(hexOf(seal((index < 97 ? third : one).bytes, 12))).join(':') }));
    expect(recognize({ columns: columnsOf('secret'), rows }, [one.key], 100)).toEqual({ values: [], complete: false });
  });
});

describe('the formats of known applications', () => {
  it('tzurot: three hex columns, an iv of 16 bytes, among others', () => {
    const rows = rowsOf(ROWS, (index) => ({
      provider: 'openai',
      hash: index.toString(16).repeat(32),
      ...hexOf(seal(one.bytes, 16)),
    }));
    expect(recognized(columnsOf('provider', 'hash', 'iv', 'content', 'tag'), rows, one)).toEqual([
      { iv: '{iv}', content: '{content}', tag: '{tag}', rows: ROWS },
    ]);
  });

  it('Langfuse: iv:content:tag in hex, an iv of 12 bytes', () => {
    const rows = rowsOf(ROWS, () => {
      const { iv, content, tag } = seal(one.bytes, 12);
      return { secret: joined('hex', ':', iv, content, tag) };
    });
    expect(recognized(columnsOf('secret'), rows, one)).toEqual([{ secret: '{iv}:{content}:{tag}', rows: ROWS }]);
  });

  it('Typebot: the iv in hex, and the base64 of content followed by tag', () => {
    const rows = rowsOf(ROWS, () => {
      const { iv, content, tag } = seal(one.bytes, 12);
      return { data: Buffer.concat([content, tag]).toString('base64'), iv: iv.toString('hex') };
    });
    expect(recognized(columnsOf('data', 'iv'), rows, one)).toEqual([{ data: '{content}{tag} base64', iv: '{iv}', rows: ROWS }]);
  });

  it('two nullable values in a row, joined in hex behind a version', () => {
    const blob = (ivBytes: 12 | 16, prefix: string) => {
      const { iv, content, tag } = seal(one.bytes, ivBytes);
      return prefix + joined('hex', '', iv, tag, content);
    };
    const rows = rowsOf(ROWS, (index) => ({
      access: index % 2 === 0 ? null : blob(16, 'enc:v1:'),
      refresh: index % 3 === 0 ? null : blob(12, 'v2'),
    }));
    expect(recognized(columnsOf('access', 'refresh'), rows, one)).toEqual([
      { refresh: 'v2{iv}{tag}{content} iv=12', rows: 8 },
      { access: 'enc:v1:{iv}{tag}{content} iv=16', rows: 6 },
    ]);
  });

  it.each([
    ['a json column', 'config: json'],
    ['JSON in a text column', 'config'],
  ])('an object of three hex strings and others, in %s', (_title, column) => {
    const rows = rowsOf(ROWS, () => {
      const { iv, content, tag } = hexOf(seal(one.bytes, 12));
      return { config: JSON.stringify({ v: 1, tag, iv, data: content, alg: 'aes-256-gcm' }) };
    });
    const template = JSON.stringify({ iv: '{iv}', data: '{content}', tag: '{tag}' });
    expect(recognized(columnsOf(column), rows, one)).toEqual([{ config: template, rows: ROWS }]);
  });

  it('a JSON object with one string that holds the whole value', () => {
    const rows = rowsOf(ROWS, () => {
      const { iv, content, tag } = seal(one.bytes, 12);
      return { config: JSON.stringify({ secret: joined('base64', '.', iv, tag, content) }) };
    });
    const [value] = recognized(columnsOf('config: json'), rows, one);
    expect(value).toEqual({ config: '{"secret":"{iv}.{tag}.{content}"} base64', rows: ROWS });
  });

  it.each([
    ['', '{iv}{content}{tag} iv=12'],
    ['v1:', 'v1:{iv}{content}{tag} iv=12'],
  ])('bytes, behind "%s"', (prefix, template) => {
    const rows = rowsOf(ROWS, () => {
      const { iv, content, tag } = seal(one.bytes, 12);
      return { sealed: Buffer.concat([Buffer.from(prefix), iv, content, tag]).toString('hex') };
    });
    expect(recognized(columnsOf('sealed: bytes'), rows, one)).toEqual([{ sealed: template, rows: ROWS }]);
  });
});

describe('a sample of several kinds of rows', () => {
  it('counts the rows under each key, and passes over nulls and texts that are not encrypted', () => {
    const rows = rowsOf(20, (index) => {
      const { iv, content, tag } = seal(index < 6 ? one.bytes : other.bytes, 12);
      const secret = joined('base64url', '.', iv, content, tag);
      return { secret: index === 0 ? null : index === 1 ? 'not encrypted' : secret };
    });
    const { values } = recognize({ columns: columnsOf('secret'), rows }, [one.key, other.key], 1e5);
    expect(values.map(({ under }) => [...under])).toEqual([
      [
        [one.key.fingerprint, 4],
        [other.key.fingerprint, 14],
      ],
    ]);
  });

  it('finds the only row under the key, behind rows of other lengths', () => {
    const { iv, content, tag } = seal(one.bytes, 12);
    const rows = rowsOf(30, (index) => ({ secret: index === 29 ? joined('hex', '#', tag, content, iv) : `plain ${index}` }));
    expect(recognized(columnsOf('secret'), rows, one)).toEqual([{ secret: '{tag}#{content}#{iv}', rows: 1 }]);
  });

  it('tells the two forms of base64 apart by all rows together', () => {
    const rows = rowsOf(40, () => {
      const { iv, content, tag } = seal(one.bytes, 12);
      return { iv: iv.toString('base64url'), rest: joined('base64url', '', Buffer.concat([tag, content])) };
    });
    expect(recognized(columnsOf('iv', 'rest'), rows, one)).toEqual([
      { iv: '{iv} base64url', rest: '{tag}{content} base64url', rows: 40 },
    ]);
  });

  it('takes the version that most rows have', () => {
    const rows = rowsOf(9, (index) => {
      const { iv, content, tag } = seal(one.bytes, 12);
      return { secret: `v${index % 3 === 0 ? 1 : 2}.${joined('hex', '.', iv, content, tag)}` };
    });
    expect(recognized(columnsOf('secret'), rows, one)).toEqual([{ secret: 'v2.{iv}.{content}.{tag}', rows: 6 }]);
  });
});

describe('what is not a value under the keys', () => {
  it.each(Object.entries(LOOKALIKES))('%s is not taken for one', (_title, text) => {
    expect(
      recognized(
        columnsOf('column'),
        rowsOf(60, () => ({ column: text() })),
        one,
        other,
      ),
    ).toEqual([]);
  });

  it('nor are all of them in one table', () => {
    const names = Object.keys(LOOKALIKES);
    const rows = rowsOf(60, () => Object.fromEntries(names.map((name) => [name, LOOKALIKES[name]?.() ?? null])));
    expect(recognized(columnsOf(...names), rows, one, other)).toEqual([]);
  });

  it('nor is a value that is bound to associated data, or under a key that is not given', () => {
    const rows = rowsOf(ROWS, () => hexOf(seal(other.bytes, 12)));
    expect(recognized(columnsOf('iv', 'content', 'tag'), rows, one)).toEqual([]);
  });

  it('says when it gave up, with so many columns that it did not try everything', () => {
    const names = Array.from({ length: 20 }, (_, index) => `md5_${index}`);
    const rows = rowsOf(ROWS, () => Object.fromEntries(names.map((name) => [name, LOOKALIKES['md5']?.() ?? null])));
    expect(recognize({ columns: columnsOf(...names), rows }, [one.key], 1000)).toEqual({ values: [], complete: false });
  });
});
