import type { Counts } from '../../../../src/commands/status/counts.ts';
import type { Count, KeyStatus, Status } from '../../../../src/commands/status/keys.ts';
import type { Registry, RegistryEntry } from '../../../../src/database/registry.ts';
import { totalOf } from '../../../../src/report/total.ts';
import { census, FIELD } from '../endings.ts';

export const NOW = new Date('2026-11-29T12:00:00Z');

/** @returns a time that many days before now */
export function ago(days: number): Date {
  return new Date(NOW.getTime() - days * 86_400_000);
}

/** @returns what the registry says of a key, which was entered that many days ago */
export function entered(days: number, change: Partial<RegistryEntry> = {}): RegistryEntry {
  return {
    ...{ fingerprint: '', source: 'text', created_at: ago(days), rows: null },
    ...{ activated_at: null, last_verified_at: null, unused_since: null, escrow_checked_at: null, retired_at: null },
    ...change,
  };
}

/** @returns what the registry says of a key that has been in use since it was entered */
export function used(days: number, change: Partial<RegistryEntry> = {}): RegistryEntry {
  return entered(days, { activated_at: ago(days), ...change });
}

/** A letter makes its fingerprint; `values` is null if they are unknown. */
export function key(
  letter: string,
  name: string | null,
  values: number | null,
  entry: RegistryEntry | null,
  kind: 'decrypted' | 'named' = 'decrypted',
): KeyStatus {
  const fingerprint = letter.repeat(16);
  const count: Count = values === null ? { kind: 'unknown' } : { kind, values };
  return { fingerprint, name, source: 'text', count, entry: entry === null ? null : { ...entry, fingerprint }, splits: [] };
}

export const REGISTRY: Registry = {
  ...{ label: 'public.encryption_keys', name: '"public"."encryption_keys"', readAt: NOW, missingColumn: null },
  ...{ mayRead: true, mayInsert: true, mayUpdate: true },
  entries: new Map(),
};

/** @returns a status whose counts are the sums of those of its keys */
export function status(
  keys: readonly [KeyStatus, ...KeyStatus[]],
  registry: Registry | null = REGISTRY,
  unreadable = 0,
  uncommitted: readonly string[] = [],
): Status {
  const values = keys.reduce((sum, { count }) => sum + (count.kind === 'decrypted' ? count.values : 0), 0);
  const total = totalOf([{ field: FIELD, census: { ...census(values, 0, unreadable), uncommitted } }]);
  const counts: Counts = { kind: 'decrypted', total, under: new Map(), names: null };
  return { target: keys[0], keys, counts, registry, unread: [], now: NOW };
}

/** @returns the same as --fast would have it; `none`: rows that name no key */
export function fast(keys: readonly [KeyStatus, ...KeyStatus[]], none = 0): Status {
  const names = new Map<string | null, number>([[null, none]]);
  const named = keys.map((each): KeyStatus => {
    const values = each.count.kind === 'unknown' ? 0 : each.count.values;
    names.set(each.fingerprint, values);
    return { ...each, count: { kind: 'named', values } };
  });
  const [target = keys[0]] = named;
  return { target, keys: named, counts: { kind: 'named', names }, registry: REGISTRY, unread: [], now: NOW };
}
