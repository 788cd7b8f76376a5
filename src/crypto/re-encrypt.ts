import { open, seal } from './aes-256-gcm.ts';
import type { EncryptedValue } from './encrypted-value.ts';
import type { EncryptionKey } from './encryption-key.ts';

/**
 * Re-encrypts a plaintext with another key and a fresh iv, and proves the result by decrypting it.
 *
 * @param ivBytes - length of the new iv: 12 or 16 bytes
 * @returns the new value, which is known to decrypt with `key` to exactly `plaintext`
 * @throws Error if the new value does not decrypt to the plaintext: a fault of the machine, never of the input
 */
export function reEncrypt(plaintext: Buffer, ivBytes: number, key: EncryptionKey): EncryptedValue {
  const after = seal(key, plaintext, ivBytes);
  const reopened = open(key, after);
  const proven = reopened?.equals(plaintext) === true;
  reopened?.fill(0);
  if (!proven) throw new Error('the re-encrypted value does not decrypt to its plaintext');
  return after;
}
