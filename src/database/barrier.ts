import type { ClientBase, Pool } from 'pg';
import { DatabaseError } from './database-error.ts';
import { explain } from './explain.ts';
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
         pg_catalog.set_config('client_min_messages', 'warning', true),
         pg_catalog.pg_logical_emit_message(true, 'rotate-encryption-key', '')`;

/**
 * Resolves when everything committed before is on the server's disk, and on the standbys that the operator has commits wait for.
 *
 * @throws DatabaseError if that takes longer than a statement may, or somebody cancels the waiting
 */
export async function waitForDisk(pool: Pool, settings: DatabaseSettings): Promise<void> {
  const client = await pool.connect().catch((error: unknown) => {
    throw explain(error, settings);
  });
  try {
    await client.query('BEGIN READ WRITE');
    await client.query(BARRIER);
    const warnings = await commit(client).catch((error: unknown) => {
      const failure = readFailure(error);
      const isLate = failure.from === 'client' && failure.text === QUERY_TIMEOUT;
      throw isLate ? notConfirmed(settings, `no answer came within ${settings.statementTimeoutMs / 1000} s`) : error;
    });
    if (warnings.length > 0) throw notConfirmed(settings, `it warned: ${warnings.join('; ')}`);
    client.release();
  } catch (error) {
    client.release(true);
    throw explain(error, settings);
  }
}

/**
 * PostgreSQL calls a commit a success, and warns, when somebody cancels its waiting for a standby.
 *
 * @returns what the server warned of
 */
async function commit(client: ClientBase): Promise<string[]> {
  const warnings: string[] = [];
  const listen = ({ message }: { readonly message: string | undefined }) => {
    warnings.push(message ?? 'without a text');
  };
  client.on('notice', listen);
  try {
    await client.query('COMMIT');
    return warnings;
  } finally {
    client.off('notice', listen);
  }
}

/** @param why - to be read after a colon */
function notConfirmed({ host, port }: DatabaseSettings, why: string): DatabaseError {
  return new DatabaseError(
    `${host}:${port} did not confirm that all writes so far are on its disk, and on the standbys that commits wait for: ${why}`,
    'if synchronous_standby_names lists a standby that is not connected, start it, or take it out of that setting (see pg_stat_replication; wait_event is SyncRep in pg_stat_activity); otherwise look at the disk of the server',
  );
}
