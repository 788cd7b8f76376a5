import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigestKey, digestText, PlaintextDigest } from '../../../src/rotation/plaintext-digest.ts';

const key = createSecretKey(Buffer.alloc(32, 5));
type Pair = readonly [id: string, plaintext: Uint8Array];

function digestOf(pairs: readonly Pair[], under = key): string {
  const digest = new PlaintextDigest(under);
  for (const [id, plaintext] of pairs) digest.add(id, Buffer.from(plaintext));
  return digestText(digest.sum);
}

const bytes = (text: string) => Buffer.from(text);
const pair = fc.tuple(fc.uuid(), fc.uint8Array({ maxLength: 20 }));
const pairs = fc.uniqueArray(pair, { selector: ([id]) => id, minLength: 1, maxLength: 8 });

describe('the plaintext digest', () => {
  it('of no pair is zero, in 64 hex characters', () => {
    expect(digestOf([])).toBe('0'.repeat(64));
  });

  it('of one pair is its HMAC-SHA256', () => {
    const mac = createHmac('sha256', key).update('id\0plaintext').digest('hex');
    expect(digestOf([['id', bytes('plaintext')]])).toBe(mac);
  });

  it('of several pairs is the sum of theirs, modulo 2^256', () => {
    const mac = (text: string) => BigInt(`0x${createHmac('sha256', key).update(text).digest('hex')}`);
    const many = Array.from({ length: 50 }, (_, index) => String(index));
    const sum = many.reduce((total, id) => total + mac(`${id}\0p`), 0n);
    expect(sum).toBeGreaterThan(2n ** 256n);
    const value = digestOf(many.map((id) => [id, bytes('p')]));
    expect(value).toBe((sum % 2n ** 256n).toString(16).padStart(64, '0'));
  });

  it('does not depend on the order', () => {
    const shuffled = pairs.chain((set) =>
      fc.tuple(fc.constant(set), fc.shuffledSubarray(set, { minLength: set.length, maxLength: set.length })),
    );
    fc.assert(fc.property(shuffled, ([set, other]) => digestOf(set) === digestOf(other)));
  });

  it('differs if a bit of a plaintext, an id or the number of rows differs', () => {
    fc.assert(
      fc.property(pairs, fc.nat(), (set, chosen) => {
        const index = chosen % set.length;
        const before = digestOf(set);
        const changed = (change: (pair: Pair) => Pair[]) =>
          digestOf(set.flatMap((each, at) => (at === index ? change(each) : [each])));
        expect(changed(([id, plaintext]) => [[id, Buffer.concat([plaintext, Buffer.alloc(1)])]])).not.toBe(before);
        expect(changed(([id, plaintext]) => [[`${id}x`, plaintext]])).not.toBe(before);
        expect(changed(() => [])).not.toBe(before);
        expect(changed((each) => [each, each])).not.toBe(before);
      }),
    );
  });

  it('differs if two rows have swapped their plaintexts', () => {
    expect(
      digestOf([
        ['a', bytes('1')],
        ['b', bytes('2')],
      ]),
    ).not.toBe(
      digestOf([
        ['a', bytes('2')],
        ['b', bytes('1')],
      ]),
    );
  });

  it('distinguishes pairs whose id and plaintext concatenate to the same bytes', () => {
    expect(digestOf([['row-1', bytes('23')]])).not.toBe(digestOf([['row-12', bytes('3')]]));
    expect(digestOf([['row-1', bytes('')]])).not.toBe(digestOf([['row-', bytes('1')]]));
  });

  it('tells apart plaintexts that are not valid UTF-8', () => {
    expect(digestOf([['a', Buffer.from([0xff])]])).not.toBe(digestOf([['a', Buffer.from([0xfe])]]));
  });

  it('can be compared only under one key, and each run makes its own of 32 bytes', () => {
    const [first, second] = [createDigestKey(), createDigestKey()];
    expect(first.symmetricKeySize).toBe(32);
    expect(first.equals(second)).toBe(false);
    expect(digestOf([['a', bytes('1')]], first)).not.toBe(digestOf([['a', bytes('1')]], second));
  });

  it('shows neither its key nor its sum when it is printed', () => {
    expect(JSON.stringify(new PlaintextDigest(key))).toBe('{}');
  });
});
