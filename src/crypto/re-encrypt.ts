import { open, seal } from './aes-256-gcm.ts';
import type { EncryptedValue } from './encrypted-value.ts';
import type { EncryptionKey } from './encryption-key.ts';

/**
 * Encrypts a plaintext anew, under another key and a fresh iv, and proves the result by opening it.
 *
 * @param ivBytes - length of the new iv: 12 or 16 bytes
 * @param aad - the associated data that the new value is bound to; null for none
 * @returns the new value, which is known to open under `key` to exactly `plaintext`
 * @throws Error where the new value does not open to the plaintext: a fault of the machine, never of the input
 */
export function reEncrypt(plaintext: Buffer, ivBytes: number, key: EncryptionKey, aad: Buffer | null): EncryptedValue {
  const after = seal(key, plaintext, ivBytes, aad);
  const reopened = open(key, after, aad);
  const proven = reopened?.equals(plaintext) === true;
  reopened?.fill(0);
  if (!proven) throw new Error('the re-encrypted value does not open to the plaintext that went in');
  return after;
}
