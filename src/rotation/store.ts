import type { Layout, StoredValue } from '../layout/layout.ts';

/** The part of a row that the rotation reads. */
export interface Row {
  readonly id: string;
  readonly stored: StoredValue;
}

/** One compare-and-swap: replaces exactly `before` with `after`. */
export interface Swap {
  readonly id: string;
  readonly before: StoredValue;
  readonly after: StoredValue;
}

/** Every row of the table, as of one moment. */
export interface Scan {
  readonly rows: number;
  /** The bytes of the longest row. */
  readonly largestRow: number;
  /** The names of the table, its partitions and its child tables: this text changes only if they do. */
  readonly parts: string;
  /** Transactions that had written to the table and were still open, as text: the rows do not include what they wrote. */
  readonly uncommitted: readonly string[];
  /** Each row once, in any order. */
  readonly pages: AsyncIterable<readonly Row[]>;
}

/** The table, as the rotation sees it. Any method may reject: only reading then tells what the table holds. */
export interface Store {
  /**
   * Lets `work` read every row, whatever the state of the indexes: every proof is based on this. Rejects with what `work` throws, and at once
   * with the signal's reason when it is aborted.
   */
  scan<T>(signal: AbortSignal, work: (scan: Scan) => Promise<T>): Promise<T>;
  /** Through the index on the id, which may be damaged. @returns at most `limit` rows whose id is greater than `after` (null: from the start), in the order of their ids */
  readPage(after: string | null, limit: number): Promise<Row[]>;
  /** @returns the rows found by these ids, and perhaps others, in any order */
  readRows(ids: readonly string[]): Promise<Row[]>;
  /**
   * Swaps all, in one atomic statement.
   *
   * @returns the ids of the rows that were written: the others no longer held `before`; or of several rows, `blocked`: another
   * transaction was in the way of one, and none was written
   */
  swap(swaps: readonly Swap[]): Promise<ReadonlySet<string> | 'blocked'>;
  /** Resolves when everything committed before, by anybody, is on the server's disk. */
  waitForDisk(): Promise<void>;
}

/** An encrypted field as a run works on it. */
export interface Field {
  /** As `Account.access`. */
  readonly name: string;
  readonly store: Store;
  readonly layout: Layout;
}
