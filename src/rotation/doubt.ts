import type { Census } from './census.ts';
import type { Doubt } from './result.ts';

/** What a pass over listed rows met: ids that led to no row, and rows that it rotated. */
export interface ListedPass {
  readonly missing: ReadonlySet<string>;
  readonly rotated: ReadonlySet<string>;
}

/** @returns what keeps the last survey from being a proof, whatever rows it found under a source key; null if nothing does */
export function doubtAbout(before: Census, after: Census): Doubt | null {
  if (before.parts !== after.parts) return { kind: 'parts-changed' };
  const { went } = before.ids.trafficUntil(after.ids);
  if (went > 0 && went * 2 >= before.rows - before.withoutValue) return { kind: 'rows-gone', went };
  if (before !== after && after.ruined > 0) return { kind: 'ruined', count: after.ruined, rows: after.ruinedRows };
  if (after.uncommitted.length > 0) return { kind: 'uncommitted', transactions: after.uncommitted };
  return null;
}

/**
 * Says what is known of rows that are still under a source key after a pass over them.
 *
 * @param count - how many there are
 * @param pass - the last one over those that a survey had named; null if there was none
 */
export function whyLeft(count: number, { sourceIds }: Census, pass: ListedPass | null): Doubt {
  const unreachable = sourceIds.filter((id) => pass?.missing.has(id));
  if (unreachable.length > 0) return { kind: 'unreachable', count, ids: unreachable };
  const reverted = sourceIds.filter((id) => pass?.rotated.has(id));
  if (reverted.length > 0) return { kind: 'reverted', count, ids: reverted };
  return { kind: 'written-meanwhile', count };
}
