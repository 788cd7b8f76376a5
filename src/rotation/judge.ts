import { open } from '../crypto/aes-256-gcm.ts';
import type { EncryptedValue } from '../crypto/encrypted-value.ts';
import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { type KeyRing, keysOf } from '../crypto/key-ring.ts';
import type { Layout, Misfit, StoredValue } from '../layout/layout.ts';

/** Why no key can decrypt a row. */
export type Unreadable =
  | { readonly kind: 'malformed'; readonly column: string; readonly misfit: Misfit }
  | { readonly kind: 'not-authentic' };

export type Judgement =
  | {
      readonly kind: 'readable';
      readonly key: EncryptionKey;
      readonly value: EncryptedValue;
      /** The associated data that the tag binds; null if there is none. */
      readonly aad: Buffer | null;
      readonly plaintext: Buffer;
      /** Whether its key id is that of the key; also if it has no column for one. */
      readonly isNamed: boolean;
    }
  /** `isNamed` is false if it has the key id of another key than the target. */
  | { readonly kind: 'no-value'; readonly isNamed: boolean }
  | { readonly kind: 'unreadable'; readonly why: Unreadable };

/**
 * Makes the function that says which key decrypts a row, or why none does.
 *
 * It first tries the key that decrypted the previous row, because rows under the same key are next to each other: a stopped
 * rotation leaves all the new ones in front.
 */
export function createJudge(ring: KeyRing, layout: Layout): (stored: StoredValue) => Judgement {
  let order = keysOf(ring);
  const names = (stored: StoredValue, fingerprint: string) => layout.keyIds.every((column) => stored[column] === fingerprint);
  return (stored) => {
    const parsed = layout.parse(stored);
    if (parsed.kind === 'malformed') return { kind: 'unreadable', why: parsed };
    if (parsed.kind === 'none') {
      const isEmpty = layout.keyIds.every((column) => (stored[column] ?? null) === null);
      return { kind: 'no-value', isNamed: isEmpty || names(stored, ring.target.fingerprint) };
    }
    const { value, aad } = parsed;
    for (const key of order) {
      const plaintext = open(key, value, aad);
      if (plaintext === null) continue;
      if (key !== order[0]) order = [key, ...order.filter((other) => other !== key)];
      return { kind: 'readable', key, value, aad, plaintext, isNamed: names(stored, key.fingerprint) };
    }
    return { kind: 'unreadable', why: { kind: 'not-authentic' } };
  };
}
