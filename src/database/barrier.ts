import type { Pool } from 'pg';
import { DatabaseError } from './database-error.ts';
import { QUERY_TIMEOUT, readFailure } from './failure.ts';
import type { DatabaseSettings } from './settings.ts';

/**
 * A commit that waits for the disk, and hence for every earlier commit, since the log is written in order: including those of
 * others, and writes that did not wait because the role or the database has synchronous_commit = off.
 * https://www.postgresql.org/docs/current/wal-async-commit.html
 * Every other setting waits at least for the server's own disk, and what the operator chose for standbys is kept.
 * The message is empty and only visible to logical decoding: it exists to be committed.
 */
const BARRIER = `
  SELECT CASE WHEN pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off'
              THEN pg_catalog.set_config('synchronous_commit', 'on', true) END,
         pg_catalog.pg_logical_emit_message(true, 'rotate-encryption-key', '')`;

/**
 * Resolves when everything committed before is on the server's disk, and on the standbys that the operator has commits wait for.
 *
 * @throws DatabaseError if that takes longer than a statement may
 */
export async function waitForDisk(pool: Pool, settings: DatabaseSettings): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN READ WRITE');
    await client.query(BARRIER);
    await client.query('COMMIT').catch((error: unknown) => {
      const failure = readFailure(error);
      throw failure.from === 'client' && failure.text === QUERY_TIMEOUT ? notConfirmed(settings) : error;
    });
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function notConfirmed({ host, port, statementTimeoutMs }: DatabaseSettings): DatabaseError {
  return new DatabaseError(
    `${host}:${port} did not confirm within ${statementTimeoutMs / 1000} s that all writes so far are on its disk, and on the standbys that commits wait for`,
    'if synchronous_standby_names lists a standby that is not connected, start it, or take it out of that setting (see pg_stat_replication; wait_event is SyncRep in pg_stat_activity); otherwise look at the disk of the server',
  );
}
