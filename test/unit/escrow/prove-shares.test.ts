import { describe, expect, it } from 'vitest';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { parseShare } from '../../../src/escrow/parse-share.ts';
import { proveShares } from '../../../src/escrow/prove-shares.ts';
import { splitKey } from '../../../src/escrow/split-key.ts';
import { Interrupted } from '../../../src/report/exit-code.ts';
import { newKey } from '../../support/application/application.ts';

const neverAborted = new AbortController().signal;
const key = importEncryptionKey(newKey());

/** @returns a share for that place. Its x, the last byte, is drawn at random: of two shares with the same, the library says so itself */
async function shareOfAnotherSplit(texts: readonly string[], place: number): Promise<string> {
  const xOf = (text: string) => {
    const parsed = parseShare(text);
    return parsed.kind === 'share' ? parsed.share.value.at(-1) : null;
  };
  const taken = texts.toSpliced(place, 1).map(xOf);
  for (;;) {
    const share = (await splitKey(key, 3, 5, neverAborted)).texts[place] ?? '';
    if (!taken.includes(xOf(share))) return share;
  }
}

describe('the proof of a split', () => {
  it('accepts shares that give the key, and says how many subsets did', async () => {
    expect(await proveShares((await splitKey(key, 3, 5, neverAborted)).texts, key, 3, neverAborted)).toBe(10);
    expect(await proveShares((await splitKey(key, 1, 1, neverAborted)).texts, key, 1, neverAborted)).toBe(1);
  });

  it.each([0, 1, 2, 3, 4])('refuses all shares if number %i is wrong, as a library could get it', async (wrong) => {
    const { texts } = await splitKey(key, 3, 5, neverAborted);
    const foreign = await shareOfAnotherSplit(texts, wrong);
    await expect(proveShares(texts.with(wrong, foreign), key, 3, neverAborted)).rejects.toThrow('do not give the key');
    await expect(proveShares(texts.with(wrong, `${texts[wrong]}x`), key, 3, neverAborted)).rejects.toThrow(
      'cannot be read again',
    );
  });

  it('refuses shares of another key, and those of which more are needed than they say', async () => {
    const { texts } = await splitKey(key, 3, 5, neverAborted);
    await expect(proveShares(texts, importEncryptionKey(newKey()), 3, neverAborted)).rejects.toThrow('do not give the key');
    await expect(proveShares(texts, key, 2, neverAborted)).rejects.toThrow('do not give the key');
  });
  it('ends when it is interrupted, however many subsets are left', async () => {
    const { texts } = await splitKey(key, 3, 15, neverAborted);
    const controller = new AbortController();
    const proof = proveShares(texts, key, 3, controller.signal);
    setImmediate(() => controller.abort(new Interrupted('SIGINT')));
    await expect(proof).rejects.toThrow('stopped by SIGINT');
  });
});
