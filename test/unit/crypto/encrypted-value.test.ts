import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, checkFormat, type StoredValue } from '../../../src/crypto/encrypted-value.ts';

const GOOD = { iv: '0a'.repeat(16), content: 'c0ffee', tag: '0b'.repeat(16) };

const MALFORMED: [title: string, change: Partial<StoredValue>, column: Column, problem: string][] = [
  ['a null iv', { iv: null }, 'iv', 'null'],
  ['null content', { content: null }, 'content', 'null'],
  ['a null tag', { tag: null }, 'tag', 'null'],
  ['an empty iv', { iv: '' }, 'iv', 'empty'],
  ['an empty tag', { tag: '' }, 'tag', 'empty'],
  ['an iv with an odd digit', { iv: '0'.repeat(31) }, 'iv', 'an odd number of hex digits'],
  ['content with an odd digit', { content: 'abc' }, 'content', 'an odd number of hex digits'],
  ['a tag with an odd digit', { tag: '0'.repeat(33) }, 'tag', 'an odd number of hex digits'],
  ['an iv that is not hex', { iv: `${'0'.repeat(31)}g` }, 'iv', 'not hex'],
  ['content that is not hex', { content: 'abxd' }, 'content', 'not hex'],
  ['a tag that is not hex', { tag: `-${'0'.repeat(31)}` }, 'tag', 'not hex'],
  ['an iv in base64', { iv: randomBytes(16).toString('base64') }, 'iv', 'not hex'],
  ['full-width digits in the iv', { iv: '１'.repeat(32) }, 'iv', 'not hex'],
  ['full-width letters in the content', { content: 'ａｂ' }, 'content', 'not hex'],
  ['Arabic digits in the tag', { tag: '٣'.repeat(32) }, 'tag', 'not hex'],
  ['a newline behind the iv', { iv: `${GOOD.iv}\n` }, 'iv', 'not hex'],
  ['a newline behind the content', { content: `${GOOD.content}\n` }, 'content', 'not hex'],
  ['a space before the tag', { tag: ` ${GOOD.tag}` }, 'tag', 'not hex'],
  ['a prefix before the content', { content: '0xc0ffee' }, 'content', 'not hex'],
  ['an iv of 8 bytes', { iv: '00'.repeat(8) }, 'iv', '8 bytes instead of 12 or 16'],
  ['an iv of 15 bytes', { iv: '00'.repeat(15) }, 'iv', '15 bytes instead of 12 or 16'],
  ['an iv of 17 bytes', { iv: '00'.repeat(17) }, 'iv', '17 bytes instead of 12 or 16'],
  ['a tag of 4 bytes', { tag: '00'.repeat(4) }, 'tag', '4 bytes instead of 16'],
  ['a tag of 12 bytes', { tag: '00'.repeat(12) }, 'tag', '12 bytes instead of 16'],
  ['a tag of 15 bytes', { tag: '00'.repeat(15) }, 'tag', '15 bytes instead of 16'],
  ['a tag of 17 bytes', { tag: '00'.repeat(17) }, 'tag', '17 bytes instead of 16'],
];

describe('checkFormat', () => {
  it.each(MALFORMED)('refuses %s', (_title, change, column, problem) => {
    expect(checkFormat({ ...GOOD, ...change })).toEqual({ kind: 'malformed', column, problem });
  });

  it.each<[string, Partial<StoredValue>]>([
    ['an iv of 12 bytes', { iv: '0a'.repeat(12) }],
    ['an iv of 16 bytes', { iv: '0a'.repeat(16) }],
    ['empty content', { content: '' }],
    ['upper-case hex', { iv: 'AB'.repeat(16), content: 'C0FFEE', tag: 'CD'.repeat(16) }],
    ['mixed case', { content: 'c0FFeE' }],
    ['1 MiB of content', { content: 'ab'.repeat(1024 * 1024) }],
  ])('accepts %s, and hands it on as it stands', (_title, change) => {
    const stored = { ...GOOD, ...change };
    expect(checkFormat(stored)).toEqual({ kind: 'well-formed', value: stored });
  });

  it('names the iv before the content and the content before the tag', () => {
    expect(checkFormat({ iv: 'x', content: 'x', tag: 'x' })).toMatchObject({ column: 'iv' });
    expect(checkFormat({ ...GOOD, content: 'x', tag: 'x' })).toMatchObject({ column: 'content' });
  });

  it('accepts a text exactly where Buffer reads all of it', () => {
    const hexLike = fc.string({ unit: fc.constantFrom('0', 'a', 'F', 'g', ' ', '\n', 'ａ', '１'), maxLength: 6 });
    fc.assert(
      fc.property(fc.oneof(hexLike, fc.string({ unit: 'binary' })), (content) => {
        const readWhole = Buffer.from(content, 'hex').toString('hex') === content.toLowerCase();
        expect(checkFormat({ ...GOOD, content }).kind).toBe(readWhole ? 'well-formed' : 'malformed');
      }),
    );
  });

  it('does not quote the text that it refuses', () => {
    expect(JSON.stringify(checkFormat({ ...GOOD, content: 'a plaintext by mistake' }))).not.toContain('plaintext');
  });
});
