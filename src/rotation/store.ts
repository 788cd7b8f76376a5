import type { Layout, StoredValue } from '../layout/layout.ts';

/** A row, as far as the rotation looks at it. */
export interface Row {
  readonly id: string;
  readonly stored: StoredValue;
}

/** One compare-and-swap: put `after` where exactly `before` stands. */
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
  /** The table with its partitions and child tables, by name: the same text as long as it has the same. */
  readonly parts: string;
  /** Transactions that had written to the table, and had not ended: what they wrote is not among the rows. For a person. */
  readonly uncommitted: readonly string[];
  /** Each row once, in any order. */
  readonly pages: AsyncIterable<readonly Row[]>;
}

/** The table, as the rotation sees it. Any method may reject: what the table then holds is known only by reading it. */
export interface Store {
  /**
   * Lets `work` read every row, whatever the state of the indexes: what is proven is proven by this. Rejects with what `work` throws, and at once
   * with the signal's reason when it is aborted.
   */
  scan<T>(signal: AbortSignal, work: (scan: Scan) => Promise<T>): Promise<T>;
  /** By the index of the ids, which may be damaged. @returns at most `limit` rows whose id is greater than `after` (null: from the start), in the order of their ids */
  readPage(after: string | null, limit: number): Promise<Row[]>;
  /** @returns those of the named rows that their ids lead to, and perhaps others, in any order */
  readRows(ids: readonly string[]): Promise<Row[]>;
  /** Swaps all, in one atomic statement unless it conflicts with another transaction. @returns the ids of the rows that were written: the others no longer held `before` */
  swap(swaps: readonly Swap[]): Promise<ReadonlySet<string>>;
  /** Resolves when all that was committed before, by anybody, is on the server's disk. */
  waitForDisk(): Promise<void>;
}

/** An encrypted field as a run works on it. */
export interface Field {
  /** As `Account.access`. */
  readonly name: string;
  readonly store: Store;
  readonly layout: Layout;
}
