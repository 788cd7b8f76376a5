import { describe, expect, it } from 'vitest';
import type { Misfit } from '../../../src/layout/layout.ts';
import { type Fields, layoutOf } from './layout-of.ts';

const IV = '0a'.repeat(12);
const TAG = '0b'.repeat(16);
const [IV64, TAG64] = [Buffer.alloc(16, 1).toString('base64'), Buffer.alloc(16, 255).toString('base64')];

/** What one column named `secret` holds, by the mark behind it. */
const COLUMNS: [field: string, texts: [title: string, text: string, misfit: Misfit | null][]][] = [
  [
    'String @encrypted v1:{iv}:{content}:{tag}',
    [
      ['all of it', `v1:${IV}:c0ffee:${TAG}`, null],
      ['no content', `v1:${IV}::${TAG}`, null],
      ['nothing', '', 'empty'],
      ['another prefix', `v2:${IV}:c0ffee:${TAG}`, 'no-match'],
      ['a prefix in another case', `V1:${IV}:c0ffee:${TAG}`, 'no-match'],
      ['no tag', `v1:${IV}:c0ffee`, 'no-match'],
      ['an empty tag', `v1:${IV}:c0ffee:`, 'empty'],
      ['an empty iv', `v1::c0ffee:${TAG}`, 'empty'],
      ['a part too many', `v1:${IV}:c0ffee:${TAG}:00`, 'not-hex'],
      ['a line behind it', `v1:${IV}:c0ffee:${TAG}\n`, 'not-hex'],
      ['half a byte', `v1:${IV}:c0ffe:${TAG}`, 'odd-length'],
      ['a long iv', `v1:${IV}00:c0ffee:${TAG}`, 'wrong-length'],
      ['a short tag', `v1:${IV}:c0ffee:${TAG.slice(2)}`, 'wrong-length'],
    ],
  ],
  [
    'String @encrypted {iv}{tag}{content} iv=12',
    [
      ['all of it', `${IV}${TAG}c0ffee`, null],
      ['no content', `${IV}${TAG}`, null],
      ['nothing', '', 'empty'],
      ['too little', `${IV}${TAG.slice(2)}`, 'wrong-length'],
      ['half a byte', `${IV}${TAG}0`, 'odd-length'],
    ],
  ],
  [
    'String @encrypted {iv}{tag}00{content} iv=12',
    [
      ['all of it', `${IV}${TAG}00c0ffee`, null],
      ['another separator', `${IV}${TAG}01c0ffee`, 'no-match'],
      ['nothing', '', 'empty'],
    ],
  ],
  [
    'String @encrypted {iv}a{tag}:{content}',
    [
      ['all of it', `${IV}a${TAG}:c0ffee`, null],
      ['padding, which hex does not have', `${IV}a${TAG}==:c0ffee`, 'no-match'],
    ],
  ],
  [
    'String @encrypted {tag}={content}:{iv}',
    [['a tag that is no hex, before an = that no hex has', `${'zz'.repeat(16)}=00:${IV}`, 'not-hex']],
  ],
  [
    'String @encrypted {tag}t{content}:{iv}',
    [['a tag that is no hex, before a t that no hex has', `${'zz'.repeat(16)}t00:${IV}`, 'not-hex']],
  ],
  [
    'String @encrypted {tag}a={content}.{iv} base64',
    [
      ['padding before an =', `${TAG64}a=eHk=.${IV64}`, null],
      ['no padding before an =', `${TAG64.slice(0, -2)}a=eHk=.${IV64}`, null],
    ],
  ],
  [
    'String @encrypted {iv}.{content}.{tag} base64 iv=16',
    [
      ['all of it, padded', `${IV64}.eHk=.${TAG64}`, null],
      ['all of it, without padding', `${IV64.slice(0, -2)}.eHk.${TAG64.slice(0, -2)}`, null],
      ['padding of its own in each part', `${IV64}.eHk.${TAG64}`, null],
      ['base64url', `${IV64}.eHk=.${TAG64.replaceAll('/', '_')}`, 'not-base64'],
      ['white space', `${IV64}.eH k=.${TAG64}`, 'not-base64'],
      ['full-width letters', `${IV64}.ｅHk=.${TAG64}`, 'not-base64'],
      ['one = too few', `${IV64.slice(0, -1)}.eHk=.${TAG64}`, 'bad-padding'],
      ['one = too many', `${IV64}.eHk==.${TAG64}`, 'bad-padding'],
      ['three = too many', `${IV64}.eHk====.${TAG64}`, 'bad-padding'],
      ['padding behind whole bytes', `${IV64}.eHl6====.${TAG64}`, 'bad-padding'],
      ['only padding', `${IV64}.====.${TAG64}`, 'bad-padding'],
      ['= in the middle', `${IV64}.eH=k.${TAG64}`, 'not-base64'],
      ['a length that no bytes have', `${IV64}.eHl6e.${TAG64}`, 'bad-padding'],
      ['that length, with padding', `${IV64}.eHl6e===.${TAG64}`, 'bad-padding'],
      ['bits behind the last byte', `${IV64}.eHl=.${TAG64}`, 'not-canonical'],
      ['bits behind the last byte, without padding', `${IV64}.eHl.${TAG64}`, 'not-canonical'],
      ['a short iv', `${Buffer.alloc(12).toString('base64')}.eHk=.${TAG64}`, 'wrong-length'],
    ],
  ],
  [
    'String @encrypted {iv}{content}{tag} base64url iv=16',
    [
      ['base64', Buffer.alloc(40, 255).toString('base64'), 'not-base64url'],
      ['base64url', Buffer.alloc(40, 255).toString('base64url'), null],
      ['base64url with padding', `${Buffer.alloc(40, 255).toString('base64url')}==`, null],
    ],
  ],
  [
    'Bytes @encrypted v{iv}{tag}{content} iv=12',
    [
      ['all of it', `76${IV}${TAG}c0ffee`, null],
      ['another literal', `77${IV}${TAG}c0ffee`, 'no-match'],
      ['another form of hex than that of bytes', `76${IV}${TAG}C0FFEE`, 'not-hex'],
      ['nothing', '', 'empty'],
      ['too little', `76${IV}00`, 'wrong-length'],
    ],
  ],
  [
    'Json @encrypted {"iv":"{iv}","data":"x{content}/{tag}"}',
    [
      ['all of it', `{"iv": "${IV}", "data": "x00/${TAG}"}`, null],
      ['other members', `{"a":null,"iv":"${IV}","data":"x00/${TAG}","b":{"iv":1,"iv":[]}}`, null],
      ['a slash with an escape', `{"iv":"${IV}","data":"x00\\/${TAG}"}`, null],
      ['a letter with an escape', `{"iv":"${IV}","data":"\\u007800/${TAG}"}`, 'json-escapes'],
      ['no JSON', `{"iv":"${IV}","data":"x00/${TAG}"`, 'not-json'],
      ['nothing', '', 'not-json'],
      ['a list', `["iv", "${IV}"]`, 'json-shape'],
      ['null', 'null', 'json-shape'],
      ['a string', '"iv"', 'json-shape'],
      ['a member too few', `{"iv":"${IV}"}`, 'json-shape'],
      ['a member that is no string', `{"iv":"${IV}","data":{"data":"x00/${TAG}"}}`, 'json-shape'],
      ['a member that is null', `{"iv":null,"data":"x00/${TAG}"}`, 'json-shape'],
      ['a member deeper down', `{"iv":"${IV}","x":{"data":"x00/${TAG}"}}`, 'json-shape'],
      ['a member twice', `{"iv":"${IV}","data":"x00/${TAG}","iv":"${IV}"}`, 'json-duplicate'],
      ['a member twice, once with an escape', `{"iv":"${IV}","data":"x00/${TAG}","\\u0069v":1}`, 'json-duplicate'],
      ['another literal', `{"iv":"${IV}","data":"y00/${TAG}"}`, 'no-match'],
      ['an empty string', `{"iv":"","data":"x00/${TAG}"}`, 'empty'],
      ['no hex', `{"iv":"${IV}","data":"x0g/${TAG}"}`, 'not-hex'],
    ],
  ],
];

describe.each(COLUMNS)('%s', (field, texts) => {
  const fields: Fields = { secret: field };

  it.each(texts)('%s', (_title, secret, misfit) => {
    const parsed = layoutOf(fields).parse({ secret });
    if (misfit === null) expect(parsed).toMatchObject({ kind: 'value' });
    else expect(parsed).toEqual({ kind: 'malformed', column: 'secret', misfit });
  });
});

describe('a text of a million characters that does not fit', () => {
  it.each([
    ['String @encrypted {iv}:{content}:{tag}!', ':'],
    ['String @encrypted {iv}:{content}a:{tag}!', 'a:'],
    ['String @encrypted x{tag}x{content}x{iv} base64 iv=16', 'x'],
    ['String @encrypted {iv}.{content}.{tag} base64', '='],
    ['Json @encrypted {"v":"{iv}:{content}:{tag}"}', '"\\'],
    ['Json @encrypted {"v":"{iv}:{content}:{tag}"}', '[{"v":'],
  ])('is refused at once: %s', (field, text) => {
    const begin = performance.now();
    expect(layoutOf({ secret: field }).parse({ secret: text.repeat(1_000_000 / text.length) }).kind).toBe('malformed');
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
