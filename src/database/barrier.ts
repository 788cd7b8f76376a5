import type { Pool } from 'pg';

/**
 * A commit that waits for the disk, and hence for every commit before it, since the log is written in order: also for those of
 * others, and for writes that did not wait themselves because the role or the database has synchronous_commit = off.
 * https://www.postgresql.org/docs/current/wal-async-commit.html
 * Every other setting waits for the server's own disk at least, and what the operator chose for standbys is kept.
 * The message is an empty one that only logical decoding would see: it is there to be committed.
 */
const BARRIER = `
  SELECT CASE WHEN pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off'
              THEN pg_catalog.set_config('synchronous_commit', 'on', true) END,
         pg_catalog.pg_logical_emit_message(true, 'rotate-encryption-key', '')`;

/** Resolves when all that was committed before is on the server's disk. */
export async function waitForDisk(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN READ WRITE');
    await client.query(BARRIER);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
