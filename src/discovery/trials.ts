import { open } from '../crypto/aes-256-gcm.ts';
import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { createLayout, type Layout, type StoredValue } from '../layout/layout.ts';
import type { LayoutDefinition } from '../layout/template.ts';

/** @returns the key that the value of a row is under, read by a layout; null where it is no value, or under none of the keys */
export function keyOf(layout: Layout, row: StoredValue, keys: readonly EncryptionKey[]): EncryptionKey | null {
  const parsed = layout.parse(row);
  if (parsed.kind !== 'value') return null;
  for (const key of keys) {
    const plaintext = open(key, parsed.value, parsed.aad);
    if (plaintext === null) continue;
    plaintext.fill(0);
    return key;
  }
  return null;
}

/**
 * Rows on which a layout may fail although it fits their lengths. Where values are under the keys one of the first few is; what is
 * tried on and on are digests, tokens and ids.
 */
const MOST_MISSES = 25;

/** Tries layouts on rows: none too often, and not too many in all. */
export class Trials {
  readonly #keys: readonly EncryptionKey[];
  readonly #known = new Map<string, { readonly layout: Layout; misses: number }>();
  #left: number;

  /** @param most - how many may be made, in all */
  constructor(keys: readonly EncryptionKey[], most: number) {
    this.#keys = keys;
    this.#left = most;
  }

  /** Whether one was asked for that was one too many. */
  get exhausted(): boolean {
    return this.#left < 0;
  }

  /** @returns whether the row has a value by this layout */
  succeeds(definition: LayoutDefinition, row: StoredValue): boolean {
    const name = JSON.stringify(definition);
    const known = this.#known.get(name) ?? { layout: createLayout(definition), misses: 0 };
    this.#known.set(name, known);
    if (known.misses >= MOST_MISSES) return false;
    this.#left -= 1;
    if (this.#left < 0) return false;
    if (keyOf(known.layout, row, this.#keys) !== null) return true;
    known.misses += 1;
    return false;
  }
}
