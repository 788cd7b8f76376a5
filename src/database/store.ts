import type { Pool } from 'pg';
import type { Store } from '../rotation/store.ts';
import { waitForDisk } from './barrier.ts';
import type { CompareAndSwap } from './compare-and-swap.ts';
import { explain } from './explain.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import { OWN_NAMES_ONLY } from './own-names.ts';
import { scanTable } from './scan.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Table } from './table.ts';

const select = { id: true, iv: true, content: true, tag: true } as const;
const ownNamesOnly = Prisma.raw(OWN_NAMES_ONLY);

/** The table: surveyed by a cursor, read in pages through the Prisma model, written by compare-and-swap. Every method rejects with DatabaseError. */
export function createStore(
  prisma: PrismaClient,
  pool: Pool,
  table: Table,
  compareAndSwap: CompareAndSwap,
  settings: DatabaseSettings,
): Store {
  async function guarded<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      // A query that Prisma itself finds wrong never reached the database: that is a bug.
      if (error instanceof Prisma.PrismaClientValidationError) throw error;
      throw explain(error, settings);
    }
  }

  /** Prisma qualifies tables, but not the operators that it compares with. */
  function read<T>(query: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return guarded(() =>
      prisma.$transaction(
        async (tx) => {
          await tx.$executeRaw(ownNamesOnly);
          return query(tx);
        },
        { isolationLevel: 'ReadCommitted', maxWait: settings.connectTimeoutMs, timeout: settings.statementTimeoutMs * 2 },
      ),
    );
  }

  return {
    scan: (signal, work) => scanTable(pool, table, guarded, signal, work),

    // By keyset: Prisma's own `cursor` returns nothing, silently, once the row it stands on is deleted.
    readPage: (after, limit) =>
      read((tx) =>
        tx.userApiKey.findMany({
          select,
          ...(after !== null && { where: { id: { gt: after } } }),
          orderBy: { id: 'asc' },
          take: limit,
        }),
      ),

    readRows: (ids) => read((tx) => tx.userApiKey.findMany({ select, where: { id: { in: [...ids] } } })),

    swap: (swaps) => guarded(() => compareAndSwap(swaps)),

    waitForDisk: () => guarded(() => waitForDisk(pool)),
  };
}
