import type { Pool, PoolClient } from 'pg';
import { DatabaseError } from './database-error.ts';
import { explain } from './explain.ts';
import { readFailure } from './failure.ts';
import { BEGIN_WRITING } from './pool-transaction.ts';
import { type Registry, readRegistry } from './registry.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Author } from './write-registry.ts';

/** How long a transaction that wrote under the key may take to end. */
const PATIENCE_MS = 2000;
/** Often enough that nothing in between takes the connection for idle. */
const HEARTBEAT_MS = 5000;
/** The server opens the fence again when the tool has not been heard of for this long. */
const IDLE_LIMIT_MS = 60_000;

const limits = (idleMs: number) => `
  SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN '${PATIENCE_MS}'
                                    WHEN 'idle_in_transaction_session_timeout' THEN '${idleMs}' ELSE '0' END, true)
    FROM pg_settings WHERE name IN ('lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`;

/** Who alters a table waits for the fence, and all who come later, readers too, wait behind them. */
const IN_THE_WAY = `
  SELECT FROM pg_locks
   WHERE NOT granted AND locktype = 'relation' AND pg_backend_pid() = ANY (pg_blocking_pids(pid)) LIMIT 1`;

const RETIRE = (name: string) => `
  UPDATE ${name} SET retired_at = now(), operator = $2, host = $3, run_id = $4, reason = COALESCE($5, reason)
   WHERE fingerprint = $1 AND retired_at IS NULL
  RETURNING retired_at`;

/** Foreign key violation, and no lock within lock_timeout: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const STILL_NAMED = '23503';
const LOCKED = '55P03';

const GAVE_WAY = [
  'somebody alters a table of the encrypted fields, or the registry, and had to wait for this run: it gave way',
  'wait until that migration has ended',
] as const;

/** How the fence ended. */
export type Fenced =
  | { readonly kind: 'closed' }
  /** The server did not answer the commit, and may still carry it out. */
  | { readonly kind: 'unanswered'; readonly cause: DatabaseError }
  /** Somebody else has just retired it. */
  | { readonly kind: 'was-closed' }
  /** `work` did not approve. */
  | { readonly kind: 'opened-again' }
  /** A row of that table names the key. */
  | { readonly kind: 'still-named'; readonly table: string | null }
  /** A transaction that has written a row under the key, or that changes the registry, is open. */
  | { readonly kind: 'locked' };

/**
 * Retires a key if `work` approves. From before `work` until the end, every other transaction that writes a row which names the key waits,
 * and is refused once the key is retired: the foreign key of the row refers to `active`, which is null from then on.
 * https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
 *
 * @param work - looks whether a value is under the key; what it sees was committed before the fence, or does not name the key. Its signal is
 * aborted, with a DatabaseError, when somebody who alters a table has to wait for the fence
 * @param idleLimitMs - how long the fence outlives the last sign of life
 * @throws DatabaseError; whatever `work` throws
 */
export async function withFence(
  pool: Pool,
  registry: Registry,
  settings: DatabaseSettings,
  fingerprint: string,
  { operator, host, runId, reason }: Author,
  work: (signal: AbortSignal) => Promise<boolean>,
  idleLimitMs = IDLE_LIMIT_MS,
): Promise<Fenced> {
  const guarded = <T>(query: () => Promise<T>) =>
    query().catch((error: unknown) => {
      throw explain(error, settings);
    });
  const client = await guarded(() => pool.connect());
  let heartbeat: NodeJS.Timeout | undefined;
  try {
    await guarded(() => client.query(`${BEGIN_WRITING}; ${limits(idleLimitMs)}`));
    const set = await client
      .query<{ retired_at: Date }>(RETIRE(registry.name), [fingerprint, operator, host, runId, reason])
      .catch((error: unknown) => refusal(error) ?? Promise.reject(explain(error, settings)));
    if ('kind' in set) return await leave(client, set);
    const retiredAt = set.rows[0]?.retired_at;
    if (retiredAt === undefined) {
      const other = (await readRegistry(pool, settings))?.entries.get(fingerprint)?.retired_at ?? null;
      return await leave(client, { kind: other === null ? 'locked' : 'was-closed' });
    }
    const giveWay = new AbortController();
    const beat = async () => {
      const { rowCount } = await client.query(IN_THE_WAY);
      if (rowCount !== 0) giveWay.abort(new DatabaseError(...GAVE_WAY, true));
    };
    // Without the connection of the fence, the rest of a survey proves nothing.
    heartbeat = setInterval(() => void beat().catch((error: unknown) => giveWay.abort(explain(error, settings))), HEARTBEAT_MS);
    if (!(await work(giveWay.signal))) return await leave(client, { kind: 'opened-again' });
    clearInterval(heartbeat);
    // If it broke meanwhile, no commit is sent.
    await guarded(() => client.query('SELECT 1'));
    return await commit(client, retiredAt);
  } catch (error) {
    client.release(true);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }

  /** Without an answer, the registry itself tells whether the key is retired. */
  async function commit(of: PoolClient, retiredAt: Date): Promise<Fenced> {
    try {
      const { command } = await of.query('COMMIT');
      if (command !== 'COMMIT') throw new DatabaseError('the server rolled the retirement back', null, true);
    } catch (error) {
      const refused = refusal(error);
      const cause = explain(error, settings);
      const found = await readRegistry(pool, settings).catch(() => null);
      const isRetired = found?.entries.get(fingerprint)?.retired_at?.getTime() === retiredAt.getTime();
      if (!isRetired && refused === null && cause.refused) throw cause;
      of.release(true);
      return isRetired ? { kind: 'closed' } : (refused ?? { kind: 'unanswered', cause });
    }
    of.release();
    return { kind: 'closed' };
  }
}

async function leave(client: PoolClient, ending: Fenced): Promise<Fenced> {
  await client.query('ROLLBACK').catch(() => {});
  client.release(true);
  return ending;
}

function refusal(error: unknown): Fenced | null {
  const failure = readFailure(error);
  if (failure.from !== 'server') return null;
  if (failure.sqlState === STILL_NAMED) return { kind: 'still-named', table: failure.table };
  return failure.sqlState === LOCKED ? { kind: 'locked' } : null;
}
