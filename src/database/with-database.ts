import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { createCompareAndSwap } from './compare-and-swap.ts';
import { type Connector, createConnector, reachesServer } from './connection.ts';
import { explain } from './explain.ts';
import { PrismaClient } from './generated/client.ts';
import { withRotationLock } from './lock.ts';
import { createRows, type Rows } from './rows.ts';
import type { DatabaseSettings } from './settings.ts';
import { describeTable, type Table } from './table.ts';

export interface Database {
  readonly table: Table;
  readonly rows: Rows;
  /** Runs `work` while no other rotation of the table can: see withRotationLock. */
  readonly withLock: <T>(work: (lost: AbortSignal) => Promise<T>) => Promise<T>;
}

/** One reads ahead while the other writes. */
const POOL_CONNECTIONS = 2;
/** How long a connection may take to say goodbye before it is cut. */
const GOODBYE_MS = 1000;

/**
 * Connects, checks the table, runs `work`, and closes every connection whatever happens.
 *
 * @param willWrite - also require what writing takes
 * @param signal - aborting it ends the connecting, the checks and the wait for the lock at once; `work` has to mind it by itself
 * @throws DatabaseError, the signal's reason, and whatever `work` throws
 */
export async function withDatabase<T>(
  settings: DatabaseSettings,
  willWrite: boolean,
  signal: AbortSignal,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const connector = createConnector(settings);
  const pool = new Pool({ ...connector.config, max: POOL_CONNECTIONS });
  // A connection that breaks says so here, and would end the process if nobody listened; its query finds out for itself.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: settings.schema }), errorFormat: 'minimal' });
  const stopCutting = () => signal.removeEventListener('abort', connector.destroy);
  signal.throwIfAborted();
  signal.addEventListener('abort', connector.destroy);
  try {
    const table = await describeTable(pool, prisma, settings, willWrite);
    const withLock: Database['withLock'] = (locked) =>
      withRotationLock(connector, settings, table, (lost) => {
        stopCutting();
        return locked(lost);
      });
    const mayPrepare = await reachesServer(pool).catch((error: unknown) => {
      throw explain(error, settings);
    });
    if (!willWrite) stopCutting();
    const rows = createRows(prisma, createCompareAndSwap(pool, table, mayPrepare), settings);
    return await work({ table, rows, withLock });
  } finally {
    stopCutting();
    await close(prisma, pool, connector);
  }
}

async function close(prisma: PrismaClient, pool: Pool, connector: Connector): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, GOODBYE_MS);
  });
  await Promise.race([Promise.allSettled([prisma.$disconnect(), pool.end()]), limit]);
  clearTimeout(timer);
  connector.destroy();
}
