import type { FenceGap } from '../../database/fence-gaps.ts';
import type { Registry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { FieldCensus } from '../../rotation/result.ts';
import type { Problem } from '../../text/problem.ts';
import { grant } from '../key-registry.ts';
import type { UnregisteredValue } from '../unregistered.ts';
import type { RetirePlan } from './plan.ts';

/** What is in the way of retiring a key. */
export type Obstacle =
  /** Values are under it. */
  | { readonly kind: 'values'; readonly count: number }
  /** Values that none of the keys that are set decrypts: they may be under it, unless it is set itself. */
  | { readonly kind: 'unreadable'; readonly count: number; readonly isSet: boolean }
  /** Transactions that have written and are still open, as text. */
  | { readonly kind: 'uncommitted'; readonly transactions: readonly string[] }
  | { readonly kind: 'unregistered'; readonly values: readonly UnregisteredValue[] }
  /** Columns that name keys of the registry, and are not in prisma/schema.prisma. */
  | { readonly kind: 'not-read'; readonly columns: readonly string[] }
  /** `problem`: why the one that is there cannot be used. */
  | { readonly kind: 'no-registry'; readonly problem: Problem | null }
  | { readonly kind: 'not-in-registry' }
  /** The role may not write to the registry. */
  | { readonly kind: 'read-only'; readonly user: string; readonly grant: string }
  /** `since` is null if no verification before this run found it unused. */
  | { readonly kind: 'soak'; readonly since: Date | null; readonly ageMs: number }
  /** When the escrow of the target key was last checked; null: never. */
  | { readonly kind: 'escrow'; readonly checkedAt: Date | null }
  | { readonly kind: 'gap'; readonly gap: FenceGap }
  /** Rows of that table have its id. */
  | { readonly kind: 'named'; readonly table: string | null }
  /** A transaction that has written under it, or has locked what the fence needs, is open. */
  | { readonly kind: 'locked' };

/** A check is due every year; a month more, as in the alert of docs/examples/encryption-keys.rules.yml. */
export const ESCROW_CHECK_MS = 400 * 24 * 3_600_000;

/** What has to be so before the fence is set, by what the registry says. */
export function registryObstacles(
  registry: Registry,
  { fingerprint, soakMs, needsEscrow }: RetirePlan,
  target: string,
  settings: DatabaseSettings,
): Obstacle[] {
  const entry = registry.entries.get(fingerprint);
  if (entry === undefined) return [{ kind: 'not-in-registry' }];
  const since = entry.unused_since;
  const ageMs = since === null ? 0 : registry.readAt.getTime() - since.getTime();
  const checkedAt = registry.entries.get(target)?.escrow_checked_at ?? null;
  const isChecked = checkedAt !== null && registry.readAt.getTime() - checkedAt.getTime() <= ESCROW_CHECK_MS;
  return [
    ...(registry.mayUpdate ? [] : [{ kind: 'read-only' as const, user: settings.user, grant: grant(registry, settings) }]),
    ...(since === null || ageMs < soakMs ? [{ kind: 'soak' as const, since, ageMs }] : []),
    ...(needsEscrow && !isChecked ? [{ kind: 'escrow' as const, checkedAt }] : []),
  ];
}

/**
 * What the values themselves say.
 *
 * @param isSet - whether the key is among those that are set, so that values under it were recognized
 */
export function surveyObstacles(fields: readonly FieldCensus[], fingerprint: string, isSet: boolean): Obstacle[] {
  const sum = (count: (each: FieldCensus) => number) => fields.reduce((total, each) => total + count(each), 0);
  const values = sum(({ census }) => census.under.get(fingerprint) ?? 0);
  const unreadable = sum(({ census }) => census.unreadable);
  const transactions = [...new Set(fields.flatMap(({ census }) => census.uncommitted))];
  return [
    ...(values > 0 ? [{ kind: 'values' as const, count: values }] : []),
    ...(unreadable > 0 ? [{ kind: 'unreadable' as const, count: unreadable, isSet }] : []),
    ...(transactions.length > 0 ? [{ kind: 'uncommitted' as const, transactions }] : []),
  ];
}
