import { split } from 'shamir-secret-sharing';
import { type EncryptionKey, exportKeyBytes } from '../crypto/encryption-key.ts';
import { proveShares } from './prove-shares.ts';
import { formatShare, sha256, splitIdOf } from './share.ts';

/** The shares of a key, and the texts that hold them, which were read again and recombined. */
export interface ProvenSplit {
  readonly splitId: string;
  /** By number. */
  readonly texts: readonly string[];
  /** How many subsets of them gave the key. */
  readonly subsets: number;
}

/**
 * Splits a key into shares, and proves from their texts that they give it back.
 *
 * @param threshold - how many shares give the key, 1 to `total`
 * @param total - 1 if the threshold is 1, else up to 255
 * @throws Error if they do not: never seen; the reason of the interruption
 */
export async function splitKey(
  key: EncryptionKey,
  threshold: number,
  total: number,
  interruption: AbortSignal,
): Promise<ProvenSplit> {
  const values = await valuesOf(key, threshold, total);
  const { fingerprint } = key;
  const common = { fingerprint, threshold, digests: values.map(sha256) };
  const splitId = splitIdOf(common);
  const texts = values.map((value, index) => formatShare({ ...common, splitId, number: index + 1, value }));
  for (const value of values) value.fill(0);
  return { splitId, texts, subsets: await proveShares(texts, key, threshold, interruption) };
}

async function valuesOf(key: EncryptionKey, threshold: number, total: number): Promise<readonly Uint8Array[]> {
  const bytes = exportKeyBytes(key);
  try {
    // The library wants a threshold of two at least. Of degree 0, the value is the key, at any x.
    return threshold === 1 ? [Uint8Array.from([...bytes, 1])] : await split(bytes, total, threshold);
  } finally {
    bytes.fill(0);
  }
}
