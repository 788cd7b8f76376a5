import type { GivenKey } from '../../config/keys.ts';
import { isUsable, type Registry, type RegistryEntry } from '../../database/registry.ts';
import type { SplitChecks } from '../../database/share-checks.ts';
import type { Counts } from './counts.ts';

/** How many values are under a key. `named`: so many rows name it, which nobody has proven. */
export type Count =
  | { readonly kind: 'decrypted' | 'named'; readonly values: number }
  /** The key is not set, and values are left that no key which is set decrypts. */
  | { readonly kind: 'unknown' };

/** A key that is set, or that the registry has. */
export interface KeyStatus {
  readonly fingerprint: string;
  /** What the variables call it: `first`, `new`; null if it is not set. */
  readonly name: string | null;
  /** Where it comes from, such as `awskms`. */
  readonly source: string;
  readonly count: Count;
  /** Null if the registry does not have it, or there is none. */
  readonly entry: RegistryEntry | null;
  /** Its escrow, as far as shares were checked: the split of which one was checked last comes first. */
  readonly splits: readonly SplitChecks[];
}

/** All that a status is made of. */
export interface Status {
  readonly target: KeyStatus;
  /** The target first, then the others that are set, then those that only the registry has. */
  readonly keys: readonly KeyStatus[];
  readonly counts: Counts;
  readonly registry: Registry | null;
  /** Columns that refer to the registry and are not in prisma/schema.prisma, as schema.table.column: nobody counted the values beside them. */
  readonly unread: readonly string[];
  /** The time to which ages are counted: the server's, if it was asked. */
  readonly now: Date;
}

/** @param given - the keys that are set, the target first */
export function statusOf(
  [first, ...others]: readonly [GivenKey, ...GivenKey[]],
  counts: Counts,
  registry: Registry | null,
  checks: readonly SplitChecks[],
  unread: readonly string[],
  checkedAt: Date,
): Status {
  const entries = isUsable(registry) ? registry.entries : new Map<string, RegistryEntry>();
  const splitsOf = (fingerprint: string) => checks.filter((split) => split.fingerprint === fingerprint);
  const set = ({ name, source, key: { fingerprint } }: GivenKey): KeyStatus => {
    const count: Count =
      counts.kind === 'decrypted'
        ? { kind: 'decrypted', values: counts.under.get(fingerprint) ?? 0 }
        : { kind: 'named', values: counts.names.get(fingerprint) ?? 0 };
    return { fingerprint, name, source, count, entry: entries.get(fingerprint) ?? null, splits: splitsOf(fingerprint) };
  };
  const target = set(first);
  const keys = [target, ...others.map(set)];
  const unset = [...entries.values()].filter(({ fingerprint }) => !keys.some((key) => key.fingerprint === fingerprint));
  return {
    target,
    keys: [
      ...keys,
      ...unset.map((entry) => ({
        fingerprint: entry.fingerprint,
        name: null,
        source: entry.source,
        count: countOfUnset(entry.fingerprint, counts),
        entry,
        splits: splitsOf(entry.fingerprint),
      })),
    ],
    counts,
    registry,
    unread,
    now: isUsable(registry) ? registry.readAt : checkedAt,
  };
}

function countOfUnset(fingerprint: string, counts: Counts): Count {
  // Where the keys that are set decrypt every value, none is left for another.
  if (counts.kind === 'decrypted' && counts.total.unreadable === 0) return { kind: 'decrypted', values: 0 };
  return counts.names === null ? { kind: 'unknown' } : { kind: 'named', values: counts.names.get(fingerprint) ?? 0 };
}

/** @returns how many values a key is known to have */
export function valuesUnder({ count }: KeyStatus): number {
  return count.kind === 'unknown' ? 0 : count.values;
}

export function isRetired({ entry }: KeyStatus): boolean {
  return entry !== null && entry.retired_at !== null;
}

/** @returns whether values were ever found under it; false also if the registry does not know */
export function wasUsed({ entry }: KeyStatus): boolean {
  return entry !== null && entry.activated_at !== null;
}

/** @returns whether the registry knows that a key came after another */
export function isNewer({ entry: one }: KeyStatus, { entry: other }: KeyStatus): boolean {
  if (one === null || other === null) return false;
  // Keys that were entered together are told apart by their use.
  const [created, before] = [one.created_at.getTime(), other.created_at.getTime()];
  if (created !== before) return created > before;
  if (other.activated_at === null) return false;
  return one.activated_at === null || one.activated_at > other.activated_at;
}
