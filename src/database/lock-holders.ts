import type { ClientBase } from 'pg';
import { checked, type Guarded, having, isFlag, isNumber, isText, listOf, orNull } from './answer.ts';
import type { AdvisoryLock } from './lock-numbers.ts';

/** A blocking transaction: that of a connection, or a prepared one (PREPARE TRANSACTION). What this role may not see is null. */
const HOLDER = {
  pid: orNull(isNumber),
  /** The name of a prepared transaction. */
  gid: orNull(isText),
  role: orNull(isText),
  address: orNull(isText),
  /** How long it has been open. */
  seconds: orNull(isNumber),
  /** Whether it has been committed, and waits for a standby to confirm that. */
  waits_for_standby: isFlag,
};
const isLockHolder = having({
  ...HOLDER,
  /** The transaction's own name: the same for as long as it lasts. */
  transaction: isText,
  /** The transactions that block it. */
  blockers: listOf(having(HOLDER)),
});
type Holder = LockHolder['blockers'][number];
type LockHolder = Guarded<typeof isLockHolder>;

/** Locks show in pg_locks whatever the role and the settings of their holders. A prepared transaction has no backend. */
const HOLDERS = `
  WITH backend AS MATERIALIZED (
    SELECT pid, NULL AS gid, usename AS role, host(client_addr) AS address,
           extract(epoch FROM clock_timestamp() - xact_start)::float AS seconds,
           COALESCE(wait_event = 'SyncRep', false) AS waits_for_standby
      FROM pg_stat_activity
  )
  SELECT DISTINCT ON (lock.virtualtransaction) lock.virtualtransaction AS transaction, lock.pid, prepared.gid,
         COALESCE(holder.role, prepared.owner) AS role, holder.address,
         COALESCE(holder.seconds, extract(epoch FROM clock_timestamp() - prepared.prepared)::float) AS seconds,
         COALESCE(holder.waits_for_standby, false) AS waits_for_standby,
         COALESCE((SELECT json_agg(blocker) FROM backend AS blocker WHERE blocker.pid = ANY (pg_blocking_pids(lock.pid))), '[]')
           AS blockers
    FROM pg_locks AS lock
    LEFT JOIN backend AS holder ON holder.pid = lock.pid
    LEFT JOIN pg_prepared_xacts AS prepared ON lock.pid IS NULL AND EXISTS (
           SELECT FROM pg_locks AS own
            WHERE own.virtualtransaction = lock.virtualtransaction AND own.transactionid = prepared.transaction)
   WHERE lock.granted AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const OF_ADVISORY_LOCK = `
     AND lock.locktype = 'advisory' AND lock.objsubid = 2
     AND (lock.classid::bigint, lock.objid::bigint) = ($1::bigint, $2::bigint)`;
/** The modes that INSERT, UPDATE and DELETE, or more, take. https://www.postgresql.org/docs/current/explicit-locking.html */
const OF_WRITERS = `
     AND lock.locktype = 'relation' AND lock.pid IS DISTINCT FROM pg_backend_pid()
     AND lock.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
     AND lock.relation IN (
       WITH RECURSIVE part (oid) AS (
         SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
       ) SELECT oid FROM part)`;

/** @param client - in a transaction where names mean PostgreSQL's own */
export function holdersOf(client: ClientBase, { classId, objectId }: AdvisoryLock): Promise<LockHolder[]> {
  return find(client, OF_ADVISORY_LOCK, [classId, objectId]);
}

/**
 * Finds open transactions that have written to the table, or may have. Nobody else can see yet what they wrote.
 *
 * @param client - in a transaction where names mean PostgreSQL's own
 */
export function writersOf(client: ClientBase, tableOid: number): Promise<LockHolder[]> {
  return find(client, OF_WRITERS, [tableOid]);
}

async function find(client: ClientBase, condition: string, values: readonly number[]): Promise<LockHolder[]> {
  // Otherwise the statistics would stay as they were at the first query of the transaction.
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query(HOLDERS + condition, [...values]);
  return checked(rows, listOf(isLockHolder));
}

/** @returns for example `pid 4711 of role app, from 10.0.0.5, for 90 s` */
export function said({ pid, gid, role, address, seconds, waits_for_standby }: Holder): string {
  const parts = [`${gid === null ? `pid ${pid}` : `the prepared transaction ${gid}`}${role === null ? '' : ` of role ${role}`}`];
  if (address !== null) parts.push(`from ${address}`);
  if (seconds !== null) parts.push(`for ${Math.max(0, Math.round(seconds))} s`);
  if (waits_for_standby) parts.push('waiting for a standby that synchronous_standby_names lists');
  return parts.join(', ');
}

/** @returns the SQL that ends it */
export function toEnd({ pid, gid }: Holder): string {
  return gid === null ? `SELECT pg_terminate_backend(${pid})` : `ROLLBACK PREPARED '${gid.replaceAll("'", "''")}'`;
}
