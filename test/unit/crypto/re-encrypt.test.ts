import { createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { open } from '../../../src/crypto/aes-256-gcm.ts';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { reEncrypt } from '../../../src/crypto/re-encrypt.ts';
import { decrypt, encrypt, newKey } from '../../support/application/application.ts';
import { toHex } from './bytes.ts';

const [oldHex, newHex] = [newKey(), newKey()];
const key = importEncryptionKey(newHex);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('re-encrypting a value', () => {
  it('keeps the plaintext, and takes a new iv, as long as asked for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(12, 16), (array, ivBytes) => {
        const plaintext = Buffer.from(array);
        const before = encrypt(oldHex, plaintext, ivBytes);
        const after = toHex(reEncrypt(plaintext, ivBytes, key, null));
        expect(decrypt(newHex, after)).toEqual(plaintext);
        expect(decrypt(oldHex, after)).toBeNull();
        expect(after.iv).toHaveLength(ivBytes * 2);
        expect(after.tag).toHaveLength(32);
        expect(after.iv).not.toBe(before.iv);
      }),
    );
  });

  it('binds the new value to the associated data', () => {
    const value = reEncrypt(Buffer.from('plaintext'), 12, key, Buffer.from('user 1'));
    expect(open(key, value, Buffer.from('user 1'))?.toString()).toBe('plaintext');
    expect(open(key, value, null)).toBeNull();
  });

  it('re-encrypts 1 MiB', () => {
    const plaintext = randomBytes(1024 * 1024);
    expect(decrypt(newHex, toHex(reEncrypt(plaintext, 16, key, null)))?.equals(plaintext)).toBe(true);
  });

  it('leaves the plaintext as it was', () => {
    const plaintext = Buffer.from('plaintext');
    reEncrypt(plaintext, 16, key, null);
    expect(plaintext.toString()).toBe('plaintext');
  });

  it('leaves the value that it made as it was when it makes others', () => {
    const first = reEncrypt(Buffer.from('plaintext'), 16, key, null);
    const copy = toHex(first);
    for (let count = 0; count < 300; count += 1) reEncrypt(Buffer.from('another'), 16, key, null);
    expect(toHex(first)).toEqual(copy);
  });

  it('refuses a new value that the key does not open: a key that changes between sealing and opening', () => {
    const keyObjects = [importEncryptionKey(newHex).keyObject, importEncryptionKey(newKey()).keyObject];
    const unstable = {
      fingerprint: '',
      get keyObject() {
        return keyObjects.shift() ?? expect.fail('the key was asked for a third time');
      },
    };
    expect(() => reEncrypt(Buffer.from('plaintext'), 16, unstable, null)).toThrow(
      'the re-encrypted value does not open to the plaintext that went in',
    );
  });

  it('refuses a new value that opens to anything but the plaintext: a bit of it that flips after sealing', () => {
    const plaintext = Buffer.from('plaintext');
    let uses = 0;
    const flipping = {
      fingerprint: '',
      get keyObject() {
        uses += 1;
        if (uses === 2) plaintext.writeUInt8(plaintext.readUInt8(0) ^ 1, 0);
        return key.keyObject;
      },
    };
    expect(() => reEncrypt(plaintext, 16, flipping, null)).toThrow('does not open to the plaintext');
    expect(uses).toBe(2);
  });

  it('leaves no copy of the plaintext in memory', () => {
    const decipher = Object.getPrototypeOf(createDecipheriv('aes-256-gcm', randomBytes(32), randomBytes(12)));
    const update = vi.spyOn(decipher, 'update');
    reEncrypt(Buffer.from('plaintext'), 16, key, null);
    expect(update.mock.results.map(({ value }) => value)).toEqual([Buffer.alloc(9)]);
  });
});
