import type { Pool } from 'pg';
import type { Store } from '../rotation/store.ts';
import { waitForDisk } from './barrier.ts';
import { explain } from './explain.ts';
import type { LockNumbers } from './lock-numbers.ts';
import { createPageReader } from './pages.ts';
import { scanTable } from './scan.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Table } from './table.ts';

/** The table: surveyed by a cursor, read in pages by its ids, written by compare-and-swap. Every method rejects with DatabaseError. */
export function createStore(
  pool: Pool,
  table: Table,
  numbers: LockNumbers,
  compareAndSwap: Store['swap'],
  settings: DatabaseSettings,
): Store {
  async function guarded<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      throw explain(error, settings);
    }
  }

  const reader = createPageReader(pool, table);
  return {
    scan: (signal, work) => scanTable(pool, table, numbers, guarded, signal, work),
    readPage: (after, limit) => guarded(() => reader.readPage(after, limit)),
    readRows: (ids) => guarded(() => reader.readRows(ids)),
    swap: (swaps) => guarded(() => compareAndSwap(swaps)),
    waitForDisk: () => waitForDisk(pool, settings),
  };
}
