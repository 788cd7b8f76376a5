import { open } from '../crypto/aes-256-gcm.ts';
import { type Column, checkFormat, type EncryptedValue, type StoredValue } from '../crypto/encrypted-value.ts';
import type { EncryptionKey } from '../crypto/encryption-key.ts';

export type KeyName = 'old' | 'new';

export interface NamedKey {
  readonly name: KeyName;
  readonly key: EncryptionKey;
}

export type Unreadable =
  | { readonly kind: 'malformed'; readonly column: Column; readonly problem: string }
  | { readonly kind: 'not-authentic' };

export type Judgement =
  | { readonly kind: 'readable'; readonly under: KeyName; readonly value: EncryptedValue; readonly plaintext: Buffer }
  | { readonly kind: 'unreadable'; readonly why: Unreadable };

/**
 * Makes the function that says what a row is: which key opens it, or why none does.
 *
 * It tries the key first that opened the row before, because rows under the same key stand together: a stopped
 * rotation leaves all the new ones in front.
 */
export function createJudge(keys: readonly NamedKey[]): (stored: StoredValue) => Judgement {
  let order = [...keys];
  return (stored) => {
    const format = checkFormat(stored);
    if (format.kind === 'malformed') return { kind: 'unreadable', why: format };
    for (const candidate of order) {
      const plaintext = open(candidate.key, format.value);
      if (plaintext === null) continue;
      if (candidate !== order[0]) order = [candidate, ...order.filter((other) => other !== candidate)];
      return { kind: 'readable', under: candidate.name, value: format.value, plaintext };
    }
    return { kind: 'unreadable', why: { kind: 'not-authentic' } };
  };
}
