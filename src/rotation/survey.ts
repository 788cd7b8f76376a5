import { type KeyRing, keysOf } from '../crypto/key-ring.ts';
import { type Census, SOURCE_IDS_KEPT, UNREADABLE_IDS_KEPT, UNREADABLE_ROWS_KEPT, type UnreadableRow } from './census.ts';
import { IdCounts } from './id-counts.ts';
import { inOrder } from './in-order.ts';
import { addDigests, digestText } from './plaintext-digest.ts';
import type { Scan } from './store.ts';
import type { ValueWork } from './value-work.ts';

export interface SurveyOptions {
  readonly scan: Scan;
  readonly ring: KeyRing;
  readonly work: ValueWork;
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
export async function survey({ scan, ring, work, known, ...options }: SurveyOptions): Promise<Census> {
  const ids = new IdCounts();
  const under = keysOf(ring).map(() => 0);
  const unreadableRows: UnreadableRow[] = [];
  const unreadableIds = new Set<string>();
  const ruinedRows: UnreadableRow[] = [];
  const sourceIds: string[] = [];
  let digest = 0n;
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

  const surveyed = inOrder(scan.pages, work.pagesAtOnce, async (page) => ({ page, found: await work.survey(page) }));
  for await (const { page, found } of surveyed) {
    const empty = new Set(found.withoutValue);
    for (const [index, { id }] of page.entries()) if (!empty.has(index)) ids.add(id);
    for (const [place, count] of found.under.entries()) under[place] = Number(under[place]) + count;
    for (const row of found.unreadable) countUnreadable(row);
    sourceIds.push(...found.sourceIds.slice(0, SOURCE_IDS_KEPT - sourceIds.length));
    digest = addDigests(digest, found.digest);
    withoutValue += found.withoutValue.length;
    misnamed += found.misnamed;
    rows += page.length;
    options.onProgress(rows);
  }
  const { largestRow, parts, uncommitted } = scan;
  return {
    ...{ rows, largestRow, parts, uncommitted, withoutValue, misnamed },
    under: new Map(keysOf(ring).map(({ fingerprint }, place) => [fingerprint, Number(under[place])])),
    ...{ unreadable, unreadableRows: byId(unreadableRows), unreadableIds, ruined, ruinedRows: byId(ruinedRows) },
    ...{ sourceIds, ids, digest: digestText(digest) },
  };
}

/** Sorted, since rows are read in any order. */
function byId(rows: readonly UnreadableRow[]): UnreadableRow[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
