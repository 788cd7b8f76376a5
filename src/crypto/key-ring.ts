import type { EncryptionKey } from './encryption-key.ts';

/** The keys of a run: every value is to be under the target key; those under a source key are moved to it. */
export interface KeyRing {
  readonly target: EncryptionKey;
  readonly sources: readonly EncryptionKey[];
}

/** @returns all keys of the ring, the target first */
export function keysOf({ target, sources }: KeyRing): readonly EncryptionKey[] {
  return [target, ...sources];
}
