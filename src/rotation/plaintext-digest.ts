import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

const BITS = 256;

/** @returns a random HMAC key: its digests mean nothing outside the run that made it */
export function createDigestKey(): KeyObject {
  return createSecretKey(randomBytes(32));
}

/**
 * A digest of a set of (id, plaintext) pairs that does not depend on their order: the sum, modulo 2^256, of the
 * HMAC-SHA256 of each pair (the incremental multiset hash "MSet-Add-Hash" of Clarke et al., ASIACRYPT 2003).
 * Equal digests under one key prove the same set; nothing about a plaintext can be learned from them without the key.
 */
export class PlaintextDigest {
  readonly #key: KeyObject;
  #sum = 0n;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  add(id: string, plaintext: Buffer): void {
    // The NUL keeps (id, plaintext) unambiguous: PostgreSQL text never contains one.
    const mac = createHmac('sha256', this.#key).update(`${id}\0`).update(plaintext).digest('hex');
    this.#sum = addDigests(this.#sum, BigInt(`0x${mac}`));
  }

  get sum(): bigint {
    return this.#sum;
  }
}

/** @returns the digest of two sets that have no pair in common, of the digests of each */
export function addDigests(one: bigint, other: bigint): bigint {
  return BigInt.asUintN(BITS, one + other);
}

/** @returns a digest as 64 hex characters; comparable only with digests under the same key */
export function digestText(sum: bigint): string {
  return sum.toString(16).padStart(BITS / 4, '0');
}
