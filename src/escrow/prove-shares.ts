import { setImmediate } from 'node:timers/promises';
import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { parseShare } from './parse-share.ts';
import { recombine } from './recombine.ts';
import type { Share } from './share.ts';
import { subsetsToTry } from './subsets.ts';

/**
 * Reads shares from the texts that are going to be encrypted, and recombines subsets of them that together hold every share.
 *
 * @returns how many subsets gave the key
 * @param interruption - ends it after the subset in hand: all of them may take many seconds
 * @throws Error if a text cannot be read, or a subset does not give the key: then the shares must not be used; the reason of the interruption
 */
export async function proveShares(
  texts: readonly string[],
  key: EncryptionKey,
  threshold: number,
  interruption: AbortSignal,
): Promise<number> {
  const shares = texts.map((text): Share => {
    const parsed = parseShare(text);
    if (parsed.kind !== 'share') throw new Error('a share cannot be read again');
    return parsed.share;
  });
  const subsets = subsetsToTry(threshold, shares.length);
  for (const subset of subsets) {
    // Without a turn of the event loop, no signal would ever arrive.
    await setImmediate();
    interruption.throwIfAborted();
    const given = await recombine(subset.flatMap((index) => shares[index] ?? []));
    if (given === null || !given.keyObject.equals(key.keyObject)) throw new Error('the shares do not give the key');
  }
  return subsets.length;
}
