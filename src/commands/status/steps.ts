import { isUsable } from '../../database/registry.ts';
import { isNewer, isRetired, type KeyStatus, type Status, valuesUnder, wasUsed } from './keys.ts';

/** Where a rotation is, as far as the variables, the counts and the registry tell: docs/zero-downtime.md numbers the steps. */
export type Step =
  /** Values are under keys that are retired: this must not happen. */
  | { readonly kind: 'retired-key-in-use'; readonly keys: readonly KeyStatus[] }
  /** Values are under none of the keys that are set. `named`: keys of the registry that rows name; `unset`: all that are not set. */
  | { readonly kind: 'other-keys'; readonly named: readonly KeyStatus[]; readonly unset: readonly KeyStatus[] }
  /** The first key is retired: nothing can be encrypted. */
  | { readonly kind: 'target-retired' }
  /** Step 1: keys that are set and not in the registry. */
  | { readonly kind: 'register'; readonly keys: readonly KeyStatus[] }
  | { readonly kind: 'empty' }
  /** Step 3, seen from a machine that has the list of step 2: values are under a key that came after the first. */
  | { readonly kind: 'behind'; readonly newer: KeyStatus }
  /** Steps 3 and 4: values are under keys other than the first. */
  | { readonly kind: 'sweep'; readonly sources: readonly KeyStatus[] }
  /** Values were not counted, so that no key can be said to have none. */
  | { readonly kind: 'not-counted' }
  /** Step 5: every value is under the first key, and the others had some. */
  | { readonly kind: 'swept'; readonly sources: readonly KeyStatus[] }
  /** Step 2: every value is under the first key, and the others are for later, or were. */
  | { readonly kind: 'introduced'; readonly others: readonly KeyStatus[] }
  /** Step 6: keys that had values, are no longer set, and are not retired. */
  | { readonly kind: 'retire'; readonly keys: readonly KeyStatus[] }
  /** Between steps 1 and 2: keys that the registry has, and that were neither used nor set. */
  | { readonly kind: 'prepared'; readonly keys: readonly KeyStatus[] }
  | { readonly kind: 'none' };

/** What is in the way comes first, and what is most urgent before what can wait. */
export function stepOf(status: Status): Step {
  const { target, keys, counts, registry, unread } = status;
  const inUse = keys.filter((key) => isRetired(key) && valuesUnder(key) > 0);
  if (inUse.length > 0) return { kind: 'retired-key-in-use', keys: inUse };
  const unset = keys.filter((key) => key.name === null && !isRetired(key));
  if (unaccounted(status) > 0) return { kind: 'other-keys', named: unset.filter((key) => valuesUnder(key) > 0), unset };
  if (isRetired(target)) return { kind: 'target-retired' };
  const missing = keys.filter(({ entry }) => entry === null);
  if (isUsable(registry) && missing.length > 0) return { kind: 'register', keys: missing };
  if (counts.kind === 'decrypted' ? counts.total.values === 0 : keys.every((key) => valuesUnder(key) === 0)) {
    return { kind: 'empty' };
  }
  const sources = keys.filter((key) => key !== target && key.name !== null && !isRetired(key));
  const withValues = sources.filter((key) => valuesUnder(key) > 0);
  const newer = withValues.find((key) => isNewer(key, target));
  if (newer !== undefined) return { kind: 'behind', newer };
  if (withValues.length > 0) return { kind: 'sweep', sources: withValues };
  if (unread.length > 0) return { kind: 'not-counted' };
  // One that is newer was gone back from: whether for good, nobody can know.
  const left = sources.filter((key) => wasUsed(key) && !isNewer(key, target));
  if (left.length > 0) return { kind: 'swept', sources: left };
  if (sources.length > 0) return { kind: 'introduced', others: sources };
  const used = unset.filter(wasUsed);
  if (used.length > 0) return { kind: 'retire', keys: used };
  return unset.length > 0 ? { kind: 'prepared', keys: unset } : { kind: 'none' };
}

/** @returns how many values are under none of the keys that are set: none of them decrypts those, or the rows name another key or none */
export function unaccounted({ keys, counts }: Status): number {
  if (counts.kind === 'decrypted') return counts.total.unreadable;
  const set = keys.filter(({ name }) => name !== null);
  const rows = (all: Iterable<number>) => [...all].reduce((sum, count) => sum + count, 0);
  return rows(counts.names.values()) - rows(set.map(valuesUnder));
}
