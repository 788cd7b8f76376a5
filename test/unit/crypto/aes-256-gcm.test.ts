import { createDecipheriv, randomBytes } from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { open, seal } from '../../../src/crypto/aes-256-gcm.ts';
import type { EncryptedValue } from '../../../src/crypto/encrypted-value.ts';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { decrypt, encrypt, newKey } from '../../support/application.ts';

const keyHex = newKey();
const key = importEncryptionKey(keyHex);
const ivLength = fc.constantFrom(12, 16);
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

const PLAINTEXTS: [string, Buffer][] = [
  ['an API key', Buffer.from('sk-or-v1-0123456789')],
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([0])],
  ['bytes that are not valid UTF-8', Buffer.from('ff00fe80c328a0a1e2', 'hex')],
  ['exactly one block', Buffer.alloc(16, 7)],
  ['one byte more than two blocks', Buffer.alloc(33, 7)],
  ['1 MiB', randomBytes(1024 * 1024)],
];

function nobleSeal(plaintext: Buffer, iv: Buffer): EncryptedValue {
  const sealed = Buffer.from(gcm(Buffer.from(keyHex, 'hex'), iv).encrypt(plaintext));
  return {
    iv: iv.toString('hex'),
    content: sealed.subarray(0, -16).toString('hex'),
    tag: sealed.subarray(-16).toString('hex'),
  };
}

function nobleOpen({ iv, content, tag }: EncryptedValue): Buffer {
  return Buffer.from(gcm(Buffer.from(keyHex, 'hex'), Buffer.from(iv, 'hex')).decrypt(Buffer.from(content + tag, 'hex')));
}

/** Every value that differs from `value` in exactly one bit of one column. */
function* singleBitFlips(value: EncryptedValue): Generator<EncryptedValue> {
  for (const column of ['iv', 'content', 'tag'] as const) {
    for (let bit = 0; bit < value[column].length * 4; bit += 1) {
      const flipped = Buffer.from(value[column], 'hex');
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      yield { ...value, [column]: flipped.toString('hex') };
    }
  }
}

describe.each([12, 16])('with an iv of %i bytes', (ivBytes) => {
  it.each(PLAINTEXTS)('seals %s so that @noble/ciphers opens it', (_name, plaintext) => {
    expect(nobleOpen(seal(key, plaintext, ivBytes)).equals(plaintext)).toBe(true);
  });

  it.each(PLAINTEXTS)('opens %s that @noble/ciphers sealed', (_name, plaintext) => {
    expect(open(key, nobleSeal(plaintext, randomBytes(ivBytes)))?.equals(plaintext)).toBe(true);
  });

  it.each(PLAINTEXTS)('opens %s that the application sealed, and the application opens it sealed', (_name, plaintext) => {
    expect(open(key, encrypt(keyHex, plaintext, ivBytes))?.equals(plaintext)).toBe(true);
    expect(decrypt(keyHex, seal(key, plaintext, ivBytes))?.equals(plaintext)).toBe(true);
  });

  it('refuses every single-bit flip of iv, content and tag', () => {
    const value = encrypt(keyHex, randomBytes(40), ivBytes);
    const flips = [...singleBitFlips(value)];
    expect(flips).toHaveLength((ivBytes + 40 + 16) * 8);
    expect(flips.filter((flipped) => open(key, flipped) !== null)).toEqual([]);
  });

  it('refuses content that is cut or extended by a byte', () => {
    const value = encrypt(keyHex, 'sk-or-v1-0123456789', ivBytes);
    expect(open(key, { ...value, content: value.content.slice(2) })).toBeNull();
    expect(open(key, { ...value, content: value.content.slice(0, -2) })).toBeNull();
    expect(open(key, { ...value, content: `${value.content}00` })).toBeNull();
  });
});

describe('seal and open', () => {
  it('give back any bytes', () => {
    fc.assert(fc.property(bytes, ivLength, (plaintext, ivBytes) => open(key, seal(key, plaintext, ivBytes))?.equals(plaintext)));
  });

  it('agree with @noble/ciphers in both directions on any bytes', () => {
    fc.assert(
      fc.property(bytes, ivLength, (plaintext, ivBytes) => {
        expect(open(key, nobleSeal(plaintext, randomBytes(ivBytes)))).toEqual(plaintext);
        expect(nobleOpen(seal(key, plaintext, ivBytes))).toEqual(plaintext);
      }),
    );
  });

  it('write iv, content and tag in lower-case hex, with an iv as long as asked for and a tag of 16 bytes', () => {
    fc.assert(
      fc.property(bytes, ivLength, (plaintext, ivBytes) => {
        const value = seal(key, plaintext, ivBytes);
        expect(value.iv).toMatch(new RegExp(`^[0-9a-f]{${ivBytes * 2}}$`, 'u'));
        expect(value.content).toMatch(new RegExp(`^[0-9a-f]{${plaintext.length * 2}}$`, 'u'));
        expect(value.tag).toMatch(/^[0-9a-f]{32}$/u);
      }),
    );
  });

  it('never use an iv twice', () => {
    const ivs = Array.from({ length: 1000 }, () => seal(key, Buffer.from('same'), 12).iv);
    expect(new Set(ivs).size).toBe(1000);
  });

  it('open values in upper-case hex', () => {
    const { iv, content, tag } = encrypt(keyHex, 'plaintext');
    const upper = { iv: iv.toUpperCase(), content: content.toUpperCase(), tag: tag.toUpperCase() };
    expect(open(key, upper)?.toString()).toBe('plaintext');
  });

  it('do not open under another key', () => {
    expect(open(importEncryptionKey(newKey()), encrypt(keyHex, 'plaintext'))).toBeNull();
    expect(open(importEncryptionKey(newKey()), encrypt(keyHex, ''))).toBeNull();
  });

  it.each([4, 8, 12, 13, 14, 15])('do not open under the first %i bytes of the right tag', (tagBytes) => {
    const value = encrypt(keyHex, 'plaintext');
    expect(() => open(key, { ...value, tag: value.tag.slice(0, tagBytes * 2) })).toThrow();
  });
});

describe('a value that does not open', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('leaves none of the bytes in memory that the cipher handed out before it saw the tag', () => {
    const update = vi.spyOn(Object.getPrototypeOf(createDecipheriv('aes-256-gcm', randomBytes(32), randomBytes(12))), 'update');
    const value = encrypt(keyHex, 'plaintext');
    expect(open(key, { ...value, tag: '00'.repeat(16) })).toBeNull();
    expect(update.mock.results.map(({ value: handedOut }) => handedOut)).toEqual([Buffer.alloc(9)]);
  });
});
