import type { EncryptionKey } from '../crypto/encryption-key.ts';
import type { KeyRing } from '../crypto/key-ring.ts';
import { reEncrypt } from '../crypto/re-encrypt.ts';
import type { Layout, StoredValue } from '../layout/layout.ts';
import { createJudge, type Judgement, type Unreadable } from './judge.ts';

/** What a row needs. `named` changes nothing but its key id. */
export type Plan =
  | { readonly kind: 'write'; readonly outcome: 'rotated' | 'named'; readonly after: StoredValue }
  | { readonly kind: 'nothing'; readonly outcome: 'already-rotated' | 'gone' }
  | { readonly kind: 'unreadable'; readonly why: Unreadable };

export interface PlannerOptions {
  readonly ring: KeyRing;
  readonly layout: Layout;
}

/** Makes the function that decrypts a value, and re-encrypts it if it is not under the target key. */
export function createPlanner({ ring, layout }: PlannerOptions): (stored: StoredValue) => Plan {
  const judge = createJudge(ring, layout);
  return (stored) => {
    const judged = judge(stored);
    switch (judged.kind) {
      case 'unreadable':
        return judged;
      case 'no-value':
        return judged.isNamed ? { kind: 'nothing', outcome: 'gone' } : named(layout, stored, ring.target);
      default:
        try {
          if (judged.key !== ring.target) return reEncrypted(layout, stored, ring.target, judged);
          return judged.isNamed ? { kind: 'nothing', outcome: 'already-rotated' } : named(layout, stored, ring.target);
        } finally {
          judged.plaintext.fill(0);
        }
    }
  };
}

function named(layout: Layout, stored: StoredValue, { fingerprint }: EncryptionKey): Plan {
  return { kind: 'write', outcome: 'named', after: layout.rename(stored, fingerprint) };
}

function reEncrypted(
  layout: Layout,
  stored: StoredValue,
  target: EncryptionKey,
  { plaintext, value, aad }: Extract<Judgement, { kind: 'readable' }>,
): Plan {
  const sealed = reEncrypt(plaintext, value.iv.length, target, aad);
  return { kind: 'write', outcome: 'rotated', after: layout.format(sealed, stored, target.fingerprint) };
}
