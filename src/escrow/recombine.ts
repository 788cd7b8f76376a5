import { combine } from 'shamir-secret-sharing';
import { createEncryptionKey, type EncryptionKey, keyBytesProblem } from '../crypto/encryption-key.ts';
import type { Share } from './share.ts';

/**
 * Makes the key of its shares. shamir-secret-sharing gives a wrong key for wrong shares, without an error: hence the fingerprint.
 *
 * @param shares - different ones of one split, at least as many as its threshold
 * @returns null if they give another key than the one that they name
 */
export async function recombine(shares: readonly Share[]): Promise<EncryptionKey | null> {
  const [first, ...others] = shares;
  if (first === undefined) return null;
  // A polynomial of degree 0 has the key everywhere. The library wants two shares at least.
  const bytes = others.length === 0 ? first.value.slice(0, -1) : await combine(shares.map(({ value }) => value));
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (keyBytesProblem(buffer) !== null) return null;
  const key = createEncryptionKey(buffer);
  return key.fingerprint === first.fingerprint ? key : null;
}
