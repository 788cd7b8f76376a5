import type { EncryptedValue, StoredValue } from '../crypto/encrypted-value.ts';
import { explain } from './explain.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Table } from './table.ts';

interface Row extends StoredValue {
  readonly id: string;
}

interface Swap {
  readonly id: string;
  readonly before: EncryptedValue;
  readonly after: EncryptedValue;
}

/** The rows of the table: read through the Prisma model, written by one statement. Every method rejects with DatabaseError. */
export interface Rows {
  count(): Promise<number>;
  readPage(after: string | null, limit: number): Promise<Row[]>;
  readRows(ids: readonly string[]): Promise<Row[]>;
  swap(swaps: readonly Swap[]): Promise<ReadonlySet<string>>;
}

const select = { id: true, iv: true, content: true, tag: true } as const;

export function createRows(prisma: PrismaClient, table: Table, settings: DatabaseSettings): Rows {
  const compareAndSwap = compareAndSwapSql(table);

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

    swap: (swaps) =>
      guarded(async () => {
        const written = await prisma.$queryRawUnsafe<{ id: string }[]>(
          compareAndSwap,
          swaps.map(({ id }) => id),
          swaps.map(({ before }) => before.iv),
          swaps.map(({ before }) => before.content),
          swaps.map(({ before }) => before.tag),
          swaps.map(({ after }) => after.iv),
          swaps.map(({ after }) => after.content),
          swaps.map(({ after }) => after.tag),
        );
        return new Set(written.map(({ id }) => id));
      }),
  };
}

/**
 * One statement, hence one transaction, for any number of rows. Where another transaction changes a row first, READ COMMITTED
 * checks the whole WHERE again on the new version: https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
 */
function compareAndSwapSql({ name, id, idType, iv, content, tag }: Table): string {
  return `
    UPDATE ${name} AS stored
       SET ${iv} = swap.new_iv, ${content} = swap.new_content, ${tag} = swap.new_tag
      FROM unnest($1::${idType}[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
           AS swap (id, old_iv, old_content, old_tag, new_iv, new_content, new_tag)
     WHERE stored.${id} = swap.id
       AND stored.${iv} = swap.old_iv AND stored.${content} = swap.old_content AND stored.${tag} = swap.old_tag
    RETURNING stored.${id}::text AS id`;
}
