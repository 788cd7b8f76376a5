import { describe, expect, it } from 'vitest';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { parseShare } from '../../../src/escrow/parse-share.ts';
import { recombine } from '../../../src/escrow/recombine.ts';
import type { Share } from '../../../src/escrow/share.ts';
import { splitKey } from '../../../src/escrow/split-key.ts';
import { newKey } from '../../support/application/application.ts';
import { recombineByHand } from '../../support/escrow/recombine.ts';
import { SeededRandom } from '../../support/vitest/random.ts';

const neverAborted = new AbortController().signal;
const SIZES = Array.from({ length: 7 }, (_each, index) => index + 1).flatMap((total) =>
  Array.from({ length: total }, (_each, index) => ({ threshold: index + 1, total: index === 0 ? 1 : total })),
);
const random = new SeededRandom(20261129);

async function sharesOf(hex: string, threshold: number, total: number) {
  const { texts } = await splitKey(importEncryptionKey(hex), threshold, total, neverAborted);
  return texts.map((text): { readonly text: string; readonly share: Share } => {
    const parsed = parseShare(text);
    return parsed.kind === 'share' ? { text, share: parsed.share } : expect.fail('a share that is none');
  });
}

function subsets<T>(all: readonly T[]): T[][] {
  return Array.from({ length: 2 ** all.length }, (_each, bits) => all.filter((_member, index) => (bits >> index) & 1));
}

describe.each(SIZES)('a key in $total shares, of which $threshold give it', ({ threshold, total }) => {
  it('is recovered by every subset that is large enough, and by no other', async () => {
    const hex = newKey();
    const { fingerprint } = importEncryptionKey(hex);
    const shares = (await sharesOf(hex, threshold, total)).map(({ share }) => share);
    for (const subset of subsets(shares)) {
      const key = await recombine(subset);
      const expected = subset.length >= threshold ? { fingerprint, hex } : { fingerprint: undefined, hex: undefined };
      expect(key?.fingerprint).toBe(expected.fingerprint);
      expect(key?.keyObject.export().toString('hex')).toBe(expected.hex);
      expect(recombineByHand(subset.map(({ value }) => value)) === hex).toBe(subset.length >= threshold);
    }
  });

  it('has shares in which every single changed character is noticed, and which can still be named', async () => {
    for (const { text, share } of await sharesOf(newKey(), threshold, total)) {
      for (let at = 0; at < text.length; at += 1) {
        const parsed = parseShare(changed(text, at));
        if (parsed.kind !== 'damaged' || parsed.named !== `share ${share.number}`)
          expect.fail(`character ${at} of share ${share.number}: ${JSON.stringify(parsed)} of\n${changed(text, at)}`);
      }
    }
  });
});

/** Replaces a character by another that is as likely as possible to pass for it: of its kind, or in the other case, or an ending. */
function changed(text: string, at: number): string {
  const original = text.charAt(at);
  const flipped = /[a-z]/u.test(original) ? original.toUpperCase() : original.toLowerCase();
  const candidates = [String(random.below(10)), 'abcdef'.charAt(random.below(6)), ' ', '\n', '\r', '\u00a0', flipped];
  const others = candidates.filter((each) => each !== original);
  return text.slice(0, at) + others[random.below(others.length)] + text.slice(at + 1);
}
