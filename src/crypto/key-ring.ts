import type { EncryptionKey } from './encryption-key.ts';

/** The keys of a run, which moves the values under a source key to the target key. */
export interface KeyRing {
  readonly target: EncryptionKey;
  readonly sources: readonly EncryptionKey[];
}

/** @returns all keys of the ring, the target first */
export function keysOf({ target, sources }: KeyRing): readonly EncryptionKey[] {
  return [target, ...sources];
}
