import type { StoredValue } from '../../../src/layout/layout.ts';
import type { Row, Scan, Store, Swap } from '../../../src/rotation/store.ts';

/** A row as the application has it. */
export interface StoredRow {
  readonly id: string;
  readonly iv: string | null;
  readonly content: string | null;
  readonly tag: string | null;
  /** Only where the layout has a column for it. */
  readonly keyId?: string | null;
}

export type StoreCall =
  | { readonly method: 'scan' }
  | { readonly method: 'scanPage' }
  | { readonly method: 'readPage'; readonly after: string | null; readonly limit: number }
  | { readonly method: 'readRows'; readonly ids: readonly string[] }
  | { readonly method: 'swap'; readonly swaps: readonly Swap[] }
  | { readonly method: 'waitForDisk' };

const SCAN_PAGE_ROWS = 1000;

/** May write to the table as an application would, abort the run, or throw. `nth` counts the calls of that method from 1. */
export type Hook = (call: StoreCall, nth: number) => void;

/**
 * The table in memory, with a place to step in before and after each call. A hook that throws rejects the call: from `before`
 * nothing was done, from `after` it was done and only the answer was lost.
 */
export class MemoryStore implements Store {
  /** By id. Write to it as the application: the tool sees it at its next call. */
  readonly rows = new Map<string, StoredRow>();
  /** Ids that pages and look-ups do not find, as a damaged index would have it. A scan does. */
  readonly hidden = new Set<string>();
  /** What a scan says of the table's parts, and of transactions that have not ended. */
  parts = 'one part';
  uncommitted: readonly string[] = [];
  /** Whether another transaction is in the way of every swap of several rows. */
  blocksBatches = false;
  /** Every call that was made, in order. */
  readonly calls: StoreCall[] = [];
  before: Hook = () => {};
  after: Hook = () => {};

  /** The rows in the order of their ids. */
  get table(): StoredRow[] {
    return [...this.rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The ids of each swap that was asked for. */
  get swapped(): string[][] {
    return this.calls.flatMap((call) => (call.method === 'swap' ? [call.swaps.map(({ id }) => id)] : []));
  }

  put(...rows: readonly StoredRow[]): void {
    for (const row of rows) this.rows.set(row.id, row);
  }

  /** The rows as they are when the scan begins, in an order of its own. */
  async scan<T>(signal: AbortSignal, work: (scan: Scan) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const rows = await this.#answer({ method: 'scan' }, () => this.table);
    signal.throwIfAborted();
    const bytes = rows.map(({ id, iv, content, tag }) => [id, iv, content, tag].join('').length);
    const { parts, uncommitted } = this;
    const counts = { rows: rows.length, largestRow: Math.max(0, ...bytes), parts, uncommitted };
    const result = await work({ ...counts, pages: this.#scanPages(rows, signal) });
    signal.throwIfAborted();
    return result;
  }

  async *#scanPages(rows: readonly StoredRow[], signal: AbortSignal): AsyncGenerator<Row[], void, void> {
    for (let from = 0; from < rows.length; from += SCAN_PAGE_ROWS) {
      const page = await this.#answer({ method: 'scanPage' }, () => rows.slice(from, from + SCAN_PAGE_ROWS).map(toRow));
      signal.throwIfAborted();
      yield page;
    }
  }

  async readPage(after: string | null, limit: number): Promise<Row[]> {
    return this.#answer({ method: 'readPage', after, limit }, () =>
      this.table
        .filter(({ id }) => !this.hidden.has(id) && (after === null || id > after))
        .slice(0, limit)
        .map(toRow),
    );
  }

  /** In the opposite order: any order is allowed. */
  async readRows(ids: readonly string[]): Promise<Row[]> {
    return this.#answer({ method: 'readRows', ids }, () => [...ids].reverse().flatMap((id) => this.#find(id)));
  }

  async swap(swaps: readonly Swap[]): Promise<ReadonlySet<string> | 'blocked'> {
    return this.#answer({ method: 'swap', swaps }, () => {
      if (this.blocksBatches && swaps.length > 1) return 'blocked';
      const hits = swaps.filter(({ id, before }) => sameValue(this.rows.get(id), before));
      for (const { id, after } of hits) this.rows.set(id, fromStored(id, after));
      return new Set(hits.map(({ id }) => id));
    });
  }

  /** The row as a scan sees it, for a test that plays a damaged index. */
  scanned(id: string): Row[] {
    const row = this.rows.get(id);
    return row === undefined ? [] : [toRow(row)];
  }

  #find(id: string): Row[] {
    return this.hidden.has(id) ? [] : this.scanned(id);
  }

  async waitForDisk(): Promise<void> {
    return this.#answer({ method: 'waitForDisk' }, () => {});
  }

  async #answer<T>(call: StoreCall, work: () => T): Promise<T> {
    this.calls.push(call);
    const nth = this.calls.filter(({ method }) => method === call.method).length;
    await turn();
    this.before(call, nth);
    const result = work();
    await turn();
    this.after(call, nth);
    await turn();
    return result;
  }
}

/** Lets everything else run that is ready, as waiting for a database does. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sameValue(row: StoredRow | undefined, value: StoredValue): boolean {
  const parts = (['iv', 'content', 'tag'] as const).every((part) => row?.[part] === value[part]);
  return parts && (row?.keyId ?? null) === (value['keyId'] ?? null);
}

function toRow({ id, ...stored }: StoredRow): Row {
  return { id, stored };
}

function fromStored(id: string, { iv = null, content = null, tag = null, keyId }: StoredValue): StoredRow {
  return { id, iv, content, tag, ...(keyId === undefined ? {} : { keyId }) };
}
