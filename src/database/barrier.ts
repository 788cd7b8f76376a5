import type { Pool } from 'pg';

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

/** Resolves when everything committed before is on the server's disk. */
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
