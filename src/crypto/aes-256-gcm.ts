import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import type { EncryptedValue } from './encrypted-value.ts';
import type { EncryptionKey } from './encryption-key.ts';

const ALGORITHM = 'aes-256-gcm';
/** Without it Node 20 and 22 accept tags of 4, 8 and 12 to 15 bytes. */
const OPTIONS = { authTagLength: 16 };

/** Random bytes not yet used: a call of the random source costs as much for 16 bytes as for 4096. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/**
 * Encrypts under a fresh random iv (SP 800-38D, section 8.2.2).
 *
 * @param plaintext - any bytes, also none
 * @param ivBytes - length of the new iv: 12 or 16 bytes
 * @param aad - the associated data that the tag vouches for as well; null for none
 */
export function seal(key: EncryptionKey, plaintext: Buffer, ivBytes: number, aad: Buffer | null): EncryptedValue {
  const iv = freshIv(ivBytes);
  const cipher = createCipheriv(ALGORITHM, key.keyObject, iv, OPTIONS);
  if (aad !== null) cipher.setAAD(aad);
  const content = cipher.update(plaintext);
  // Only makes the tag: in counter mode update() has returned every byte.
  cipher.final();
  return { iv, content, tag: cipher.getAuthTag() };
}

/** @returns random bytes that no other call gets */
function freshIv(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  // A copy, since the pool is filled again.
  return Buffer.from(pool.subarray(used - bytes, used));
}

/**
 * Decrypts and authenticates. "Not under this key" is an answer, not an error, and looks the same as "damaged".
 *
 * @param value - with parts of lengths that the type allows
 * @param aad - the associated data that the value was sealed with; null for none
 * @returns the plaintext, which the caller overwrites after use; null where the tag does not match
 */
export function open(key: EncryptionKey, value: EncryptedValue, aad: Buffer | null): Buffer | null {
  const decipher = createDecipheriv(ALGORITHM, key.keyObject, value.iv, OPTIONS);
  decipher.setAuthTag(value.tag);
  if (aad !== null) decipher.setAAD(aad);
  // update() hands out bytes that nobody has vouched for yet: they leave this function only once final() has checked the tag.
  const plaintext = decipher.update(value.content);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return null;
  }
}
