import type { KeyObject } from 'node:crypto';
import { IdCounts } from './id-counts.ts';
import { createJudge, type KeyName, type NamedKey, type Unreadable } from './judge.ts';
import { PlaintextDigest } from './plaintext-digest.ts';
import type { Scan } from './store.ts';

export interface UnreadableRow {
  readonly id: string;
  readonly why: Unreadable;
}

/** What one pass over the table found. */
export interface Census {
  readonly rows: number;
  /** The bytes of the longest row. */
  readonly largestRow: number;
  /** Rows that each key opens. */
  readonly under: Readonly<Record<KeyName, number>>;
  readonly unreadable: number;
  /** The first unreadable rows, at most `UNREADABLE_ROWS_KEPT`: with a wrong key it would be all of the table. */
  readonly unreadableRows: readonly UnreadableRow[];
  /** The ids of unreadable rows, at most `UNREADABLE_IDS_KEPT`. */
  readonly unreadableIds: ReadonlySet<string>;
  /** Unreadable rows that an earlier survey did not know as such. */
  readonly ruined: number;
  /** The first of those. */
  readonly ruinedRows: readonly UnreadableRow[];
  /** The ids of rows under another key than the first, at most `OTHER_IDS_KEPT`. */
  readonly otherIds: readonly string[];
  readonly ids: IdCounts;
  /** Of all (id, plaintext) that were readable: see PlaintextDigest. */
  readonly digest: string;
}

const UNREADABLE_ROWS_KEPT = 1000;
export const UNREADABLE_IDS_KEPT = 1_000_000;
const OTHER_IDS_KEPT = 20_000;

export interface SurveyOptions {
  readonly scan: Scan;
  /** The keys to try. A row is `under` the first that opens it. */
  readonly keys: readonly [NamedKey, ...NamedKey[]];
  readonly digestKey: KeyObject;
  /** The rows that an earlier survey found unreadable. */
  readonly known: ReadonlySet<string>;
  /** Called after each page with the rows read so far. */
  readonly onProgress: (rows: number) => void;
  readonly onUnreadable: (row: UnreadableRow) => void;
}

/**
 * Opens every row once and says which key opens it. Writes nothing.
 *
 * @throws whatever the scan throws
 */
export async function survey({ scan, keys, known, ...options }: SurveyOptions): Promise<Census> {
  const judge = createJudge(keys);
  const digest = new PlaintextDigest(options.digestKey);
  const ids = new IdCounts();
  const under = { old: 0, new: 0 };
  const unreadableRows: UnreadableRow[] = [];
  const unreadableIds = new Set<string>();
  const ruinedRows: UnreadableRow[] = [];
  const otherIds: string[] = [];
  let rows = 0;
  let unreadable = 0;
  let ruined = 0;
  for await (const page of scan.pages) {
    for (const row of page) {
      const judged = judge(row);
      rows += 1;
      ids.add(row.id);
      if (judged.kind === 'readable') {
        under[judged.under] += 1;
        if (judged.under !== keys[0].name && otherIds.length < OTHER_IDS_KEPT) otherIds.push(row.id);
        digest.add(row.id, judged.plaintext);
        judged.plaintext.fill(0);
        continue;
      }
      const unreadableRow = { id: row.id, why: judged.why };
      unreadable += 1;
      if (unreadableRows.length < UNREADABLE_ROWS_KEPT) unreadableRows.push(unreadableRow);
      if (unreadableIds.size < UNREADABLE_IDS_KEPT) unreadableIds.add(row.id);
      options.onUnreadable(unreadableRow);
      if (known.has(row.id)) continue;
      ruined += 1;
      if (ruinedRows.length < UNREADABLE_ROWS_KEPT) ruinedRows.push(unreadableRow);
    }
    options.onProgress(rows);
  }
  const { largestRow } = scan;
  const found = { unreadable, unreadableRows: byId(unreadableRows), unreadableIds, ruined, ruinedRows: byId(ruinedRows) };
  return { rows, largestRow, under, ...found, otherIds, ids, digest: digest.value() };
}

/** Rows are read in any order. */
function byId(rows: readonly UnreadableRow[]): UnreadableRow[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
