import type { StoredValue } from '../crypto/encrypted-value.ts';
import type { CompareAndSwap, Swap } from './compare-and-swap.ts';
import { explain } from './explain.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import type { DatabaseSettings } from './settings.ts';

interface Row extends StoredValue {
  readonly id: string;
}

/** The rows of the table: read through the Prisma model, written by compare-and-swap. Every method rejects with DatabaseError. */
export interface Rows {
  count(): Promise<number>;
  readPage(after: string | null, limit: number): Promise<Row[]>;
  readRows(ids: readonly string[]): Promise<Row[]>;
  swap(swaps: readonly Swap[]): Promise<ReadonlySet<string>>;
}

const select = { id: true, iv: true, content: true, tag: true } as const;

export function createRows(prisma: PrismaClient, compareAndSwap: CompareAndSwap, settings: DatabaseSettings): Rows {
  async function guarded<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      // A query that Prisma itself finds wrong never reached the database: that is a bug.
      if (error instanceof Prisma.PrismaClientValidationError) throw error;
      throw explain(error, settings);
    }
  }

  return {
    count: () => guarded(() => prisma.userApiKey.count()),

    // By keyset: Prisma's own `cursor` returns nothing, silently, once the row it stands on is deleted.
    readPage: (after, limit) =>
      guarded(() =>
        prisma.userApiKey.findMany({
          select,
          ...(after !== null && { where: { id: { gt: after } } }),
          orderBy: { id: 'asc' },
          take: limit,
        }),
      ),

    readRows: (ids) => guarded(() => prisma.userApiKey.findMany({ select, where: { id: { in: [...ids] } } })),

    swap: (swaps) => guarded(() => compareAndSwap(swaps)),
  };
}
