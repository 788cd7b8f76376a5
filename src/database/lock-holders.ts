import type { ClientBase } from 'pg';
import { z } from 'zod';

/** A connection to the server that is in the way. What this role may not see is null. */
interface Backend {
  readonly pid: number;
  readonly role: string | null;
  readonly address: string | null;
  /** How long its transaction has been open. */
  readonly seconds: number | null;
}

export interface LockHolder extends Backend {
  /** Whom it waits for itself. */
  readonly blockers: readonly Backend[];
}

/** Which backends hold an advisory lock: those with the numbers show in pg_locks whatever their role and their settings. */
const HOLDERS = `
  SELECT holder.pid, holder.role, holder.address, holder.seconds,
         COALESCE((SELECT json_agg(blocker) FROM backend AS blocker WHERE blocker.pid = ANY (pg_blocking_pids(holder.pid))), '[]')
           AS blockers
    FROM pg_locks AS lock JOIN backend AS holder USING (pid)
   WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 2
     AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND (lock.classid::bigint, lock.objid::bigint) = ($1::bigint, $2::bigint)
   ORDER BY holder.seconds DESC NULLS LAST`;
const BACKENDS = `
  WITH backend AS MATERIALIZED (
    SELECT pid, usename AS role, host(client_addr) AS address, extract(epoch FROM clock_timestamp() - xact_start)::float AS seconds
      FROM pg_stat_activity
  )`;

const backend = z.object({
  pid: z.number(),
  role: z.string().nullable(),
  address: z.string().nullable(),
  seconds: z.number().nullable(),
});
const holders = z.array(backend.extend({ blockers: z.array(backend) }));

/**
 * Finds out who holds a lock, the oldest first.
 *
 * @param client - in a transaction where names mean PostgreSQL's own
 * @param numbers - the two numbers of the lock
 */
export async function holdersOf(client: ClientBase, numbers: string): Promise<LockHolder[]> {
  // Within a transaction the first look would be the only one.
  await client.query('SELECT pg_stat_clear_snapshot()');
  // The catalog has both as unsigned numbers.
  const unsigned = numbers.split(',').map((number) => Number(number) >>> 0);
  const { rows } = await client.query(BACKENDS + HOLDERS, unsigned);
  return holders.parse(rows);
}

/** @returns for example `pid 4711 of role app, from 10.0.0.5, for 90 s` */
export function said({ pid, role, address, seconds }: Backend): string {
  const parts = [`pid ${pid}${role === null ? '' : ` of role ${role}`}`];
  if (address !== null) parts.push(`from ${address}`);
  if (seconds !== null) parts.push(`for ${Math.max(0, Math.round(seconds))} s`);
  return parts.join(', ');
}

/** @returns the SQL that ends it */
export function toEnd({ pid }: Backend): string {
  return `SELECT pg_terminate_backend(${pid})`;
}
