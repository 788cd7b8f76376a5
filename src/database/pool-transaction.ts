import type { Pool, PoolClient } from 'pg';
import { OWN_NAMES_ONLY, readInTransaction } from './own-names.ts';

/**
 * Begins a transaction that writes: names mean PostgreSQL's own, and the commit waits for the disk, whatever the role's settings say.
 * https://www.postgresql.org/docs/current/wal-async-commit.html
 */
export const BEGIN_WRITING = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${OWN_NAMES_ONLY};
  SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`;

/** Whoever holds a row of the registry, such as a `retire` that surveys a large table, must not hold up a run. */
const PATIENCE = "SELECT set_config('lock_timeout', '2000', true)";

/** Runs `work` in one snapshot, in a transaction that only reads. @throws what pg or `work` throws */
export function readFrom<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const mode = 'ISOLATION LEVEL REPEATABLE READ READ ONLY';
  return withClient(pool, (client) => readInTransaction(client, mode, () => work(client)));
}

/** Runs `work` in a transaction, and commits it. @throws what pg or `work` throws: then nothing is written */
export function writeTo<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withClient(pool, async (client) => {
    await client.query(`${BEGIN_WRITING}; ${PATIENCE}`);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  });
}

/** A connection on which something failed is closed, and with it its transaction. */
async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
