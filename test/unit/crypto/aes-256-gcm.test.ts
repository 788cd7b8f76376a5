import { createDecipheriv, randomBytes } from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { open, seal } from '../../../src/crypto/aes-256-gcm.ts';
import type { EncryptedValue } from '../../../src/crypto/encrypted-value.ts';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { decrypt, encrypt as encryptAsHex, newKey } from '../../support/application/application.ts';
import { toBytes, toHex } from './bytes.ts';

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

/** As the application encrypts. */
function encrypt(plaintext: Buffer | string, ivBytes = 16): EncryptedValue {
  return toBytes(encryptAsHex(keyHex, plaintext, ivBytes));
}

function nobleSeal(plaintext: Buffer, iv: Buffer): EncryptedValue {
  const sealed = Buffer.from(gcm(Buffer.from(keyHex, 'hex'), iv).encrypt(plaintext));
  return { iv, content: sealed.subarray(0, -16), tag: sealed.subarray(-16) };
}

function nobleOpen({ iv, content, tag }: EncryptedValue): Buffer {
  return Buffer.from(gcm(Buffer.from(keyHex, 'hex'), iv).decrypt(Buffer.concat([content, tag])));
}

/** Every value that differs from `value` in exactly one bit of one part. */
function* singleBitFlips(value: EncryptedValue): Generator<EncryptedValue> {
  for (const part of ['iv', 'content', 'tag'] as const) {
    for (let bit = 0; bit < value[part].length * 8; bit += 1) {
      const flipped = Buffer.from(value[part]);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      yield { ...value, [part]: flipped };
    }
  }
}

describe.each([12, 16])('with an iv of %i bytes', (ivBytes) => {
  it.each(PLAINTEXTS)('seals %s so that @noble/ciphers opens it', (_name, plaintext) => {
    expect(nobleOpen(seal(key, plaintext, ivBytes, null)).equals(plaintext)).toBe(true);
  });

  it.each(PLAINTEXTS)('opens %s that @noble/ciphers sealed', (_name, plaintext) => {
    expect(open(key, nobleSeal(plaintext, randomBytes(ivBytes)), null)?.equals(plaintext)).toBe(true);
  });

  it.each(PLAINTEXTS)('opens %s that the application sealed, and the application opens it sealed', (_name, plaintext) => {
    expect(open(key, encrypt(plaintext, ivBytes), null)?.equals(plaintext)).toBe(true);
    expect(decrypt(keyHex, toHex(seal(key, plaintext, ivBytes, null)))?.equals(plaintext)).toBe(true);
  });

  it('refuses every single-bit flip of iv, content and tag', () => {
    const value = encrypt(randomBytes(40), ivBytes);
    const flips = [...singleBitFlips(value)];
    expect(flips).toHaveLength((ivBytes + 40 + 16) * 8);
    expect(flips.filter((flipped) => open(key, flipped, null) !== null)).toEqual([]);
  });

  it('refuses content that is cut or extended by a byte', () => {
    const value = encrypt('sk-or-v1-0123456789', ivBytes);
    expect(open(key, { ...value, content: value.content.subarray(1) }, null)).toBeNull();
    expect(open(key, { ...value, content: value.content.subarray(0, -1) }, null)).toBeNull();
    expect(open(key, { ...value, content: Buffer.concat([value.content, Buffer.alloc(1)]) }, null)).toBeNull();
  });
});

describe('seal and open', () => {
  it('give back any bytes', () => {
    fc.assert(
      fc.property(bytes, ivLength, (plaintext, ivBytes) =>
        open(key, seal(key, plaintext, ivBytes, null), null)?.equals(plaintext),
      ),
    );
  });

  it('agree with @noble/ciphers in both directions on any bytes', () => {
    fc.assert(
      fc.property(bytes, ivLength, (plaintext, ivBytes) => {
        expect(open(key, nobleSeal(plaintext, randomBytes(ivBytes)), null)).toEqual(plaintext);
        expect(nobleOpen(seal(key, plaintext, ivBytes, null))).toEqual(plaintext);
      }),
    );
  });

  it('give content as long as the plaintext, an iv as long as asked for and a tag of 16 bytes', () => {
    fc.assert(
      fc.property(bytes, ivLength, (plaintext, ivBytes) => {
        const value = seal(key, plaintext, ivBytes, null);
        expect(value.iv).toHaveLength(ivBytes);
        expect(value.content).toHaveLength(plaintext.length);
        expect(value.tag).toHaveLength(16);
      }),
    );
  });

  it.each([[[12]], [[16]], [[12, 16]]])('never use an iv twice, nor change one that they gave away: %j', (lengths) => {
    const values = Array.from({ length: 3000 }, (_, index) =>
      seal(key, Buffer.from('same'), lengths[index % lengths.length] ?? 12, null),
    );
    // Of 12 random bytes the first 8 are as good as never the same.
    expect(new Set(values.map(({ iv }) => iv.toString('hex', 0, 8))).size).toBe(3000);
    for (const value of values) expect(open(key, value, null)?.toString()).toBe('same');
  });

  it('do not open under another key', () => {
    expect(open(importEncryptionKey(newKey()), encrypt('plaintext'), null)).toBeNull();
    expect(open(importEncryptionKey(newKey()), encrypt(''), null)).toBeNull();
  });

  it.each([4, 8, 12, 13, 14, 15])('do not open under the first %i bytes of the right tag', (tagBytes) => {
    const value = encrypt('plaintext');
    expect(() => open(key, { ...value, tag: value.tag.subarray(0, tagBytes) }, null)).toThrow();
  });
});

describe('associated data', () => {
  it('is vouched for as @noble/ciphers does it, in both directions, also if there are no bytes', () => {
    fc.assert(
      fc.property(bytes, bytes, ivLength, (plaintext, aad, ivBytes) => {
        const sealed = seal(key, plaintext, ivBytes, aad);
        const noble = (iv: Buffer) => gcm(Buffer.from(keyHex, 'hex'), iv, aad);
        expect(Buffer.from(noble(sealed.iv).decrypt(Buffer.concat([sealed.content, sealed.tag])))).toEqual(plaintext);
        const iv = randomBytes(ivBytes);
        const theirs = Buffer.from(noble(iv).encrypt(plaintext));
        expect(open(key, { iv, content: theirs.subarray(0, -16), tag: theirs.subarray(-16) }, aad)).toEqual(plaintext);
      }),
    );
  });

  it('is not left out and not exchanged: the value does not open with any other, nor without it', () => {
    const value = seal(key, Buffer.from('plaintext'), 12, Buffer.from('user 1'));
    expect(open(key, value, Buffer.from('user 1'))?.toString()).toBe('plaintext');
    for (const other of [null, Buffer.alloc(0), Buffer.from('user 2'), Buffer.from('user 11')]) {
      expect(open(key, value, other)).toBeNull();
    }
    expect(open(key, encrypt('plaintext'), Buffer.from('user 1'))).toBeNull();
  });
});

describe('a value that does not open', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('leaves none of the bytes in memory that the cipher handed out before it saw the tag', () => {
    const update = vi.spyOn(Object.getPrototypeOf(createDecipheriv('aes-256-gcm', randomBytes(32), randomBytes(12))), 'update');
    const value = encrypt('plaintext');
    expect(open(key, { ...value, tag: Buffer.alloc(16) }, null)).toBeNull();
    expect(update.mock.results.map(({ value: handedOut }) => handedOut)).toEqual([Buffer.alloc(9)]);
  });
});
