import type { KeyObject } from 'node:crypto';
import { type KeyRing, keysOf } from '../crypto/key-ring.ts';
import type { Layout } from '../layout/layout.ts';
import { type Census, SOURCE_IDS_KEPT, UNREADABLE_IDS_KEPT, UNREADABLE_ROWS_KEPT, type UnreadableRow } from './census.ts';
import { IdCounts } from './id-counts.ts';
import { createJudge } from './judge.ts';
import { PlaintextDigest } from './plaintext-digest.ts';
import type { Scan } from './store.ts';

export interface SurveyOptions {
  readonly scan: Scan;
  readonly ring: KeyRing;
  readonly layout: Layout;
  readonly digestKey: KeyObject;
  /** The rows that an earlier survey found unreadable. */
  readonly known: ReadonlySet<string>;
  /** Called after each page with the rows read so far. */
  readonly onProgress: (rows: number) => void;
  readonly onUnreadable: (row: UnreadableRow) => void;
}

/**
 * Decrypts every row once and counts the rows under each key. Writes nothing.
 *
 * @throws whatever the scan throws
 */
export async function survey({ scan, ring, layout, known, ...options }: SurveyOptions): Promise<Census> {
  const judge = createJudge(ring, layout);
  const digest = new PlaintextDigest(options.digestKey);
  const ids = new IdCounts();
  const counts = new Map(keysOf(ring).map(({ fingerprint }) => [fingerprint, 0]));
  const unreadableRows: UnreadableRow[] = [];
  const unreadableIds = new Set<string>();
  const ruinedRows: UnreadableRow[] = [];
  const sourceIds: string[] = [];
  let rows = 0;
  let withoutValue = 0;
  let misnamed = 0;
  let unreadable = 0;
  let ruined = 0;

  function countUnreadable(row: UnreadableRow): void {
    unreadable += 1;
    if (unreadableRows.length < UNREADABLE_ROWS_KEPT) unreadableRows.push(row);
    if (unreadableIds.size < UNREADABLE_IDS_KEPT) unreadableIds.add(row.id);
    options.onUnreadable(row);
    if (known.has(row.id)) return;
    ruined += 1;
    if (ruinedRows.length < UNREADABLE_ROWS_KEPT) ruinedRows.push(row);
  }

  for await (const page of scan.pages) {
    for (const { id, stored } of page) {
      const judged = judge(stored);
      rows += 1;
      if (judged.kind === 'no-value') {
        withoutValue += 1;
        if (!judged.isNamed) misnamed += 1;
        continue;
      }
      ids.add(id);
      if (judged.kind === 'unreadable') {
        countUnreadable({ id, why: judged.why });
        continue;
      }
      const { fingerprint } = judged.key;
      counts.set(fingerprint, Number(counts.get(fingerprint)) + 1);
      if (judged.key === ring.target) misnamed += judged.isNamed ? 0 : 1;
      else if (sourceIds.length < SOURCE_IDS_KEPT) sourceIds.push(id);
      digest.add(id, judged.plaintext);
      judged.plaintext.fill(0);
    }
    options.onProgress(rows);
  }
  const { largestRow, parts, uncommitted } = scan;
  const found = { unreadable, unreadableRows: byId(unreadableRows), unreadableIds, ruined, ruinedRows: byId(ruinedRows) };
  return {
    rows,
    largestRow,
    parts,
    uncommitted,
    withoutValue,
    misnamed,
    under: counts,
    ...found,
    sourceIds,
    ids,
    digest: digest.value(),
  };
}

/** Sorted, since rows are read in any order. */
function byId(rows: readonly UnreadableRow[]): UnreadableRow[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
