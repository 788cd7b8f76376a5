import type { LockNumbers } from './lock-numbers.ts';

/**
 * What every write does first, and before it can wait for a row: it takes its share of the lock on the writes, which the next run
 * waits for, and then makes sure that its own run still has its lock; the order is CASE's. A write that reaches the server after
 * its run is gone finds that lock free, and writes nothing. A temporary result (MATERIALIZED) is computed once for a statement.
 *
 * @param otherwise - the last branches of the CASE, all of them true
 */
export function guard({ writes, owner }: LockNumbers, otherwise: string): string {
  return `guard AS MATERIALIZED (
    SELECT CASE WHEN pg_catalog.pg_advisory_xact_lock_shared(${writes.sql}) IS NULL THEN false
                WHEN pg_catalog.pg_try_advisory_xact_lock_shared(${owner.sql}) THEN false
                ${otherwise} END AS alive)`;
}

/**
 * For a statement that writes one row. Its commit does not wait for the disk: a crash of the server may lose it, and loses it whole, so
 * that the row goes back to what it was. The run waits for all of its commits before it proves anything (see `waitForDisk`). `true` ends
 * the setting with the transaction, which is this statement, behind a pooler too: https://www.postgresql.org/docs/current/wal-async-commit.html
 */
export const ASYNCHRONOUS = "ELSE pg_catalog.set_config('synchronous_commit', 'off', true) IS NOT NULL";

/**
 * For a statement that holds each row that it has written until it has written all. PostgreSQL looks at lock_timeout whenever a wait
 * begins, and `true` ends the setting with the transaction, which is this statement, behind a pooler too. If it is shorter already,
 * it stays: https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
 */
export function impatient(milliseconds: number): string {
  const now = "pg_catalog.current_setting('lock_timeout')::pg_catalog.interval OPERATOR(pg_catalog.";
  return `WHEN ${now}>) '0' AND ${now}<=) '${milliseconds}ms' THEN true
                ELSE pg_catalog.set_config('lock_timeout', '${milliseconds}ms', true) IS NOT NULL`;
}
