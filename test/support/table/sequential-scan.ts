import { decrypt, type Encrypted } from '../application/application.ts';
import { withClient } from '../server/with-client.ts';
import type { Keys } from './witness.ts';

export interface Counts {
  readonly old: number;
  readonly new: number;
  readonly neither: number;
}

/**
 * Counts the rows under each key as an outsider: a sequential scan of the table, as superuser, opened with plain node:crypto. What an
 * index or a policy hides is counted, too.
 *
 * @param table - as SQL names it
 */
export async function countBySequentialScan(url: string, table: string, keys: Keys): Promise<Counts> {
  return withClient(url, async (client) => {
    await client.query('SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off');
    const { rows } = await client.query<Encrypted>(`SELECT iv, content, tag FROM ${table}`);
    const counts = { old: 0, new: 0, neither: 0 };
    for (const row of rows) {
      if (decrypt(keys.new, row) !== null) counts.new += 1;
      else if (decrypt(keys.old, row) !== null) counts.old += 1;
      else counts.neither += 1;
    }
    return counts;
  });
}
