import type { KeyObject } from 'node:crypto';
import { createJudge, type KeyName, type NamedKey, type Unreadable } from './judge.ts';
import { readPages } from './pages.ts';
import { PlaintextDigest } from './plaintext-digest.ts';
import type { Store } from './store.ts';

export interface UnreadableRow {
  readonly id: string;
  readonly why: Unreadable;
}

/** What one pass over the table found. */
export interface Census {
  readonly rows: number;
  /** Rows that each key opens. */
  readonly under: Readonly<Record<KeyName, number>>;
  readonly unreadable: number;
  /** The first unreadable rows, at most `UNREADABLE_ROWS_KEPT`: with a wrong key it would be all of the table. */
  readonly unreadableRows: readonly UnreadableRow[];
  /** Of all (id, plaintext) that were readable: see PlaintextDigest. */
  readonly digest: string;
}

const UNREADABLE_ROWS_KEPT = 1000;

export interface SurveyOptions {
  readonly store: Store;
  /** The keys to try. A row is `under` the first that opens it. */
  readonly keys: readonly NamedKey[];
  readonly digestKey: KeyObject;
  /** Aborting it ends the survey. */
  readonly signal: AbortSignal;
  /** Called after each page with the rows read so far. */
  readonly onProgress: (rows: number) => void;
  readonly onUnreadable: (row: UnreadableRow) => void;
}

/**
 * Opens every row once and says which key opens it. Writes nothing.
 *
 * @throws whatever the store throws, and the signal's reason
 */
export async function survey(options: SurveyOptions): Promise<Census> {
  const judge = createJudge(options.keys);
  const digest = new PlaintextDigest(options.digestKey);
  const under = { old: 0, new: 0 };
  const unreadableRows: UnreadableRow[] = [];
  let rows = 0;
  let unreadable = 0;
  for await (const page of readPages(options.store, options.signal)) {
    for (const row of page) {
      const judged = judge(row);
      rows += 1;
      if (judged.kind === 'readable') {
        under[judged.under] += 1;
        digest.add(row.id, judged.plaintext);
        judged.plaintext.fill(0);
      } else {
        unreadable += 1;
        const unreadableRow = { id: row.id, why: judged.why };
        if (unreadableRows.length < UNREADABLE_ROWS_KEPT) unreadableRows.push(unreadableRow);
        options.onUnreadable(unreadableRow);
      }
    }
    options.onProgress(rows);
  }
  return { rows, under, unreadable, unreadableRows, digest: digest.value() };
}
