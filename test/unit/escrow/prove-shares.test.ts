import { describe, expect, it } from 'vitest';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { proveShares } from '../../../src/escrow/prove-shares.ts';
import { splitKey } from '../../../src/escrow/split-key.ts';
import { newKey } from '../../support/application/application.ts';

const key = importEncryptionKey(newKey());

describe('the proof of a split', () => {
  it('accepts shares that give the key, and says how many subsets did', async () => {
    expect(await proveShares((await splitKey(key, 3, 5)).texts, key, 3)).toBe(10);
    expect(await proveShares((await splitKey(key, 1, 1)).texts, key, 1)).toBe(1);
  });

  it.each([0, 1, 2, 3, 4])('refuses all shares if number %i is wrong, as a library could get it', async (wrong) => {
    const [{ texts }, others] = [await splitKey(key, 3, 5), await splitKey(key, 3, 5)];
    await expect(proveShares(texts.with(wrong, others.texts[wrong] ?? ''), key, 3)).rejects.toThrow('do not give the key');
    await expect(proveShares(texts.with(wrong, `${texts[wrong]}x`), key, 3)).rejects.toThrow('cannot be read again');
  });

  it('refuses shares of another key, and those of which more are needed than they say', async () => {
    const { texts } = await splitKey(key, 3, 5);
    await expect(proveShares(texts, importEncryptionKey(newKey()), 3)).rejects.toThrow('do not give the key');
    await expect(proveShares(texts, key, 2)).rejects.toThrow('do not give the key');
  });
});
