import type { Pool } from 'pg';
import type { Store } from '../rotation/store.ts';
import type { Access } from './check-table.ts';
import { createCompareAndSwap } from './compare-and-swap.ts';
import { type Connector, createConnector, reachesServer } from './connection.ts';
import { explain } from './explain.ts';
import { withRotationLock } from './lock.ts';
import { lockNumbers } from './lock-numbers.ts';
import { SCHEMA } from './schema.ts';
import type { DatabaseSettings } from './settings.ts';
import { createStore } from './store.ts';
import { inspectTable, type Table } from './table.ts';

export interface Database {
  readonly table: Table;
  /** Runs `work` on the table while no conflicting run is active: see withRotationLock. */
  readonly withLock: <T>(work: (store: Store, lost: AbortSignal) => Promise<T>) => Promise<T>;
}

/** One reads ahead while the other writes; the lock uses a third. */
const POOL_CONNECTIONS = 2;
/** How long closing a connection may take before it is cut. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * Opens all connections that a run needs, checks the table, runs `work`, and closes every connection whatever happens.
 *
 * @param signal - aborting it ends the connecting, the checks and the wait for the lock at once; `work` has to handle it itself
 * @param onWarning - is called with each warning of the server
 * @throws DatabaseError, RotationRunning, the signal's reason, and whatever `work` throws
 */
export async function withDatabase<T>(
  settings: DatabaseSettings,
  access: Access,
  signal: AbortSignal,
  onWarning: (text: string) => void,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const connector = createConnector(settings, onWarning);
  const pool = connector.pool(POOL_CONNECTIONS);
  const stopCutting = () => signal.removeEventListener('abort', connector.destroy);
  signal.throwIfAborted();
  signal.addEventListener('abort', connector.destroy);
  try {
    const { table, mayPrepare } = await open().catch((error: unknown) => {
      throw explain(error, settings);
    });
    const numbers = lockNumbers(table.oid, access === 'write');
    const mode = access === 'write' ? 'exclusive' : 'shared';
    const withLock: Database['withLock'] = (locked) =>
      withRotationLock(connector, settings, table, numbers, mode, (lost) => {
        stopCutting();
        const compareAndSwap = createCompareAndSwap(pool, table, numbers, mayPrepare);
        return locked(createStore(pool, table, numbers, compareAndSwap, settings), lost);
      });
    return await work({ table, withLock });
  } finally {
    stopCutting();
    await close(pool, connector);
  }

  async function open(): Promise<{ table: Table; mayPrepare: boolean }> {
    const opened = await Promise.allSettled(Array.from({ length: POOL_CONNECTIONS }, () => pool.connect()));
    for (const each of opened) if (each.status === 'fulfilled') each.value.release();
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
    return { table: await inspectTable(pool, SCHEMA.field, settings, access), mayPrepare: await reachesServer(pool) };
  }
}

async function close(pool: Pool, connector: Connector): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
  });
  await Promise.race([pool.end(), limit]);
  clearTimeout(timer);
  connector.destroy();
}
