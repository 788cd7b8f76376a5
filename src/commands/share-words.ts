import type { SplitChecks } from '../database/share-checks.ts';
import { dayOf } from './time-words.ts';

/** @returns for example `3 of 5 shares checked, last on 2026-11-29` */
export function sharesChecked({ checked, total, last_checked_at }: Omit<SplitChecks, 'fingerprint'>): string {
  return `${checked} of ${total} shares checked, last on ${dayOf(last_checked_at)}`;
}
