import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../../../src/crypto/aes-256-gcm.ts';
import type { Part } from '../../../src/crypto/encrypted-value.ts';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import type { Layout, Misfit } from '../../../src/layout/layout.ts';
import { encrypt, newKey } from '../../support/application/application.ts';
import { HEX_COLUMNS, layoutOf, valueIn } from './layout-of.ts';

type Stored = Readonly<Record<Part, string | null>>;

let layout: Layout;

beforeEach(() => {
  layout = layoutOf(HEX_COLUMNS);
});
const GOOD = { iv: '0a'.repeat(16), content: 'c0ffee', tag: '0b'.repeat(16) };

const MALFORMED: [title: string, change: Partial<Stored>, column: Part, misfit: Misfit][] = [
  ['a null iv', { iv: null }, 'iv', 'null'],
  ['null content', { content: null }, 'content', 'null'],
  ['a null tag', { tag: null }, 'tag', 'null'],
  ['an empty iv', { iv: '' }, 'iv', 'empty'],
  ['an empty tag', { tag: '' }, 'tag', 'empty'],
  ['an iv with an odd digit', { iv: '0'.repeat(31) }, 'iv', 'odd-length'],
  ['content with an odd digit', { content: 'abc' }, 'content', 'odd-length'],
  ['a tag with an odd digit', { tag: '0'.repeat(33) }, 'tag', 'odd-length'],
  ['an iv that is not hex', { iv: `${'0'.repeat(31)}g` }, 'iv', 'not-hex'],
  ['content that is not hex', { content: 'abxd' }, 'content', 'not-hex'],
  ['a tag that is not hex', { tag: `-${'0'.repeat(31)}` }, 'tag', 'not-hex'],
  ['an iv in base64', { iv: randomBytes(16).toString('base64') }, 'iv', 'not-hex'],
  ['full-width digits in the iv', { iv: '１'.repeat(32) }, 'iv', 'not-hex'],
  ['full-width letters in the content', { content: 'ａｂ' }, 'content', 'not-hex'],
  ['Arabic digits in the tag', { tag: '٣'.repeat(32) }, 'tag', 'not-hex'],
  ['a newline behind the iv', { iv: `${GOOD.iv}\n` }, 'iv', 'not-hex'],
  ['a newline behind the content', { content: `${GOOD.content}\n` }, 'content', 'not-hex'],
  ['a space before the tag', { tag: ` ${GOOD.tag}` }, 'tag', 'not-hex'],
  ['a prefix before the content', { content: '0xc0ffee' }, 'content', 'not-hex'],
  ['an iv of 8 bytes', { iv: '00'.repeat(8) }, 'iv', 'wrong-length'],
  ['an iv of 15 bytes', { iv: '00'.repeat(15) }, 'iv', 'wrong-length'],
  ['an iv of 17 bytes', { iv: '00'.repeat(17) }, 'iv', 'wrong-length'],
  ['a tag of 4 bytes', { tag: '00'.repeat(4) }, 'tag', 'wrong-length'],
  ['a tag of 12 bytes', { tag: '00'.repeat(12) }, 'tag', 'wrong-length'],
  ['a tag of 15 bytes', { tag: '00'.repeat(15) }, 'tag', 'wrong-length'],
  ['a tag of 17 bytes', { tag: '00'.repeat(17) }, 'tag', 'wrong-length'],
];

/** @returns the parts in hex, as Buffer reads them; fails if the layout refuses the value */
function partsOf(stored: Stored): Record<Part, string> {
  const { iv, content, tag } = valueIn(layout, stored).value;
  return { iv: iv.toString('hex'), content: content.toString('hex'), tag: tag.toString('hex') };
}

function lowerCased({ iv, content, tag }: typeof GOOD): typeof GOOD {
  return { iv: iv.toLowerCase(), content: content.toLowerCase(), tag: tag.toLowerCase() };
}

describe('three columns in hex: parsing', () => {
  it.each(MALFORMED)('refuses %s', (_title, change, column, misfit) => {
    expect(layout.parse({ ...GOOD, ...change })).toEqual({ kind: 'malformed', column, misfit });
  });

  it.each<[string, Partial<typeof GOOD>]>([
    ['an iv of 12 bytes', { iv: '0a'.repeat(12) }],
    ['an iv of 16 bytes', { iv: '0a'.repeat(16) }],
    ['empty content', { content: '' }],
    ['upper-case hex', { iv: 'AB'.repeat(16), content: 'C0FFEE', tag: 'CD'.repeat(16) }],
    ['mixed case', { content: 'c0FFeE' }],
    ['1 MiB of content', { content: 'ab'.repeat(1024 * 1024) }],
  ])('accepts %s, and gives its bytes', (_title, change) => {
    const stored = { ...GOOD, ...change };
    expect(partsOf(stored)).toEqual(lowerCased(stored));
  });

  it('takes the value of the application, in either case, as what the application encrypted', () => {
    const keyHex = newKey();
    const { iv, content, tag } = encrypt(keyHex, 'plaintext');
    for (const stored of [
      { iv, content, tag },
      { iv: iv.toUpperCase(), content: content.toUpperCase(), tag: tag.toUpperCase() },
    ]) {
      expect(open(importEncryptionKey(keyHex), valueIn(layout, stored).value, null)?.toString()).toBe('plaintext');
    }
  });

  it('names the iv before the content and the content before the tag', () => {
    expect(layout.parse({ iv: 'x', content: 'x', tag: 'x' })).toMatchObject({ column: 'iv' });
    expect(layout.parse({ ...GOOD, content: 'x', tag: 'x' })).toMatchObject({ column: 'content' });
  });

  it('looks at its own columns, under their own names, and takes one that is missing for null', () => {
    const named = layoutOf({
      nonce: 'String @encrypted {iv}',
      iv: 'String @encrypted {content}',
      mac: 'String @encrypted {tag}',
    });
    expect(named.columns).toEqual(['nonce', 'iv', 'mac']);
    const stored = { nonce: GOOD.iv, iv: GOOD.content, mac: GOOD.tag };
    expect(named.parse({ ...stored, content: 'not hex', tag: null })).toMatchObject({ kind: 'value' });
    expect(named.parse({ ...stored, mac: 'x' })).toEqual({ kind: 'malformed', column: 'mac', misfit: 'not-hex' });
    expect(named.parse(GOOD)).toEqual({ kind: 'malformed', column: 'nonce', misfit: 'null' });
    expect(named.format(valueIn(named, stored).value, stored, '')).toEqual(stored);
  });

  it('accepts a text exactly if Buffer reads all of it', () => {
    const hexLike = fc.string({ unit: fc.constantFrom('0', 'a', 'F', 'g', ' ', '\n', 'ａ', '１'), maxLength: 6 });
    fc.assert(
      fc.property(fc.oneof(hexLike, fc.string({ unit: 'binary' })), (content) => {
        const readWhole = Buffer.from(content, 'hex').toString('hex') === content.toLowerCase();
        expect(layout.parse({ ...GOOD, content }).kind).toBe(readWhole ? 'value' : 'malformed');
      }),
    );
  });

  it('does not quote the text that it refuses', () => {
    expect(JSON.stringify(layout.parse({ ...GOOD, content: 'a plaintext by mistake' }))).not.toContain('plaintext');
  });
});

const digits = (bytes: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: bytes * 2, maxLength: bytes * 2 });
const wellFormed: fc.Arbitrary<typeof GOOD> = fc.record({
  iv: fc.constantFrom(12, 16).chain(digits),
  content: fc.nat({ max: 40 }).chain(digits),
  tag: digits(16),
});

describe('any well-formed value', () => {
  it('is formatted as it was, each letter in its case', () => {
    fc.assert(
      fc.property(wellFormed, (stored) => {
        expect(layout.format(valueIn(layout, stored).value, stored, '')).toEqual(stored);
      }),
    );
  });

  it.each<[title: string, like: typeof GOOD, expected: string]>([
    ['lower case', { iv: 'a0'.repeat(12), content: 'c0', tag: 'd0'.repeat(16) }, 'ef'],
    ['upper case', { iv: 'A0'.repeat(12), content: 'C0', tag: 'D0'.repeat(16) }, 'EF'],
    [
      'upper case, which content without a letter takes from the others',
      { iv: 'A0'.repeat(12), content: '00', tag: '00'.repeat(16) },
      'EF',
    ],
    [
      'lower case, for content without a letter beside columns of either case',
      { iv: 'A0'.repeat(12), content: '00', tag: 'd0'.repeat(16) },
      'ef',
    ],
    ['lower case, where there is no letter at all', { iv: '00'.repeat(12), content: '00', tag: '00'.repeat(16) }, 'ef'],
    ['mixed case', { iv: 'A0'.repeat(12), content: 'aA', tag: 'd0'.repeat(16) }, 'eF'],
    ['mixed case, a digit counting as lower case', { iv: 'A0'.repeat(12), content: '0AaA', tag: 'aA'.repeat(16) }, 'eFeF'],
  ])('gives a new value %s', (_title, like, expected) => {
    const value = { iv: Buffer.alloc(12), content: Buffer.alloc(like.content.length / 2, 0xef), tag: Buffer.alloc(16) };
    expect(layout.format(value, like, '')['content']).toBe(expected);
  });

  it('is another value, or none, once any one character is changed, lost or inserted, unless only the case changes', () => {
    const part = fc.constantFrom<Part>('iv', 'content', 'tag');
    const character = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...'0123456789abcdefABCDEF') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    );
    fc.assert(
      fc.property(
        wellFormed,
        part,
        fc.nat(),
        fc.nat({ max: 1 }),
        fc.option(character),
        (stored, column, at, removed, inserted) => {
          const text = stored[column];
          const place = at % (text.length + 1);
          const change = text.slice(0, place) + (inserted ?? '') + text.slice(place + removed);
          const parsed = layout.parse({ ...stored, [column]: change });
          const isSame = parsed.kind === 'value' && parsed.value[column].toString('hex') === text.toLowerCase();
          expect(isSame).toBe(change.toLowerCase() === text.toLowerCase());
        },
      ),
      { numRuns: 2000 },
    );
  });
});
