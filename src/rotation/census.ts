import type { IdCounts } from './id-counts.ts';
import type { Unreadable } from './judge.ts';
import type { Scan } from './store.ts';

export interface UnreadableRow {
  readonly id: string;
  readonly why: Unreadable;
}

/** What one pass over the table found. */
export interface Census extends Omit<Scan, 'pages'> {
  /** Rows that hold no value: all its columns are null. */
  readonly withoutValue: number;
  /** Rows under the target key that do not name it, and rows without a value that name another key. */
  readonly misnamed: number;
  /** Rows that each key opens, by its fingerprint. */
  readonly under: ReadonlyMap<string, number>;
  readonly unreadable: number;
  /** The first unreadable rows, at most `UNREADABLE_ROWS_KEPT`: with a wrong key they would be the whole table. */
  readonly unreadableRows: readonly UnreadableRow[];
  /** The ids of unreadable rows, at most `UNREADABLE_IDS_KEPT`. */
  readonly unreadableIds: ReadonlySet<string>;
  /** Unreadable rows that an earlier survey did not find unreadable. */
  readonly ruined: number;
  /** The first of those. */
  readonly ruinedRows: readonly UnreadableRow[];
  /** The ids of rows under a source key, at most `SOURCE_IDS_KEPT`. */
  readonly sourceIds: readonly string[];
  /** Of the rows that hold a value. */
  readonly ids: IdCounts;
  /** Of all readable (id, plaintext) pairs: see PlaintextDigest. */
  readonly digest: string;
}

export const UNREADABLE_ROWS_KEPT = 1000;
export const UNREADABLE_IDS_KEPT = 1_000_000;
export const SOURCE_IDS_KEPT = 20_000;

/** @returns how many rows are under any of the keys */
export function countUnder({ under }: Census, keys: readonly { readonly fingerprint: string }[]): number {
  return keys.reduce((sum, { fingerprint }) => sum + (under.get(fingerprint) ?? 0), 0);
}
