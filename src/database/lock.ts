import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { WRITE_MARK } from './compare-and-swap.ts';
import type { Connector } from './connection.ts';
import { DatabaseError, RotationRunning } from './database-error.ts';
import { explain } from './explain.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Table } from './table.ts';

/**
 * The first half of the advisory lock's number; the other half is the table's oid. Any constant would do, as long as it
 * never changes and no application chose it too: these are the first four bytes of the SHA-256 of "rotate-encryption-key".
 */
const LOCK_CLASS = 0x7713c2da;

/** Often enough that firewalls and poolers do not take the connection for an idle one, and that a dead one is noticed. */
const HEARTBEAT_MS = 5000;

/** The limits that could end a transaction that stays open and idle; those that this version of the server does not have are passed over. */
const LIFT_LIMITS = `
  SELECT set_config(name, '0', true) FROM pg_settings
   WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`;

/**
 * A run that is killed, or that gave up waiting, leaves its last UPDATE in the server, where it may be waiting for a row that
 * somebody holds. It would write under the next run's hands, and behind its back once that run is over.
 */
const WRITES_LEFT_BEHIND = `
  SELECT activity.pid
    FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
   WHERE lock.relation = $1::regclass AND lock.mode = 'RowExclusiveLock' AND activity.datname = current_database()
     AND starts_with(activity.query, $2)`;
const PATIENCE_MS = 2000;
const POLL_MS = 50;

/**
 * Runs `work` while holding the lock of the table: one rotation at a time. The lock belongs to a transaction that stays open on a
 * connection of its own, so it also holds behind a pooler in transaction mode, and ends with the connection whatever happens.
 *
 * @param work - gets a signal that is aborted, with a DatabaseError, as soon as the lock is known to be lost
 * @throws RotationRunning where the lock is taken or a write of an earlier run is left behind, DatabaseError where neither can be asked for
 */
export async function withRotationLock<T>(
  connector: Connector,
  settings: DatabaseSettings,
  table: Table,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const client = new Client(connector.config);
  const lost = new AbortController();
  const lose = (error: unknown) => {
    const { message } = explain(error, settings);
    lost.abort(new DatabaseError(`the lock was lost: ${message}`, null));
  };
  client.on('error', lose);
  client.on('end', () => lose(new Error('connection terminated')));

  let heartbeat: NodeJS.Timeout | undefined;
  try {
    await acquire(client, settings, table);
    heartbeat = setInterval(() => client.query('SELECT 1').catch(lose), HEARTBEAT_MS);
    return await work(lost.signal);
  } finally {
    clearInterval(heartbeat);
    // Not awaited: the connector ends what does not end by itself.
    client.end().catch(() => {});
  }
}

async function acquire(client: Client, settings: DatabaseSettings, table: Table): Promise<void> {
  try {
    await client.connect();
    await client.query('BEGIN');
    await client.query(LIFT_LIMITS);
    const { rows } = await client.query('SELECT pg_try_advisory_xact_lock($1, $2::regclass::oid::int) AS locked', [
      LOCK_CLASS,
      table.name,
    ]);
    if (rows[0]?.locked !== true)
      throw new RotationRunning(`another rotation of ${table.label} is running`, 'wait until it has ended');
    await waitForWritesLeftBehind(client, table);
  } catch (error) {
    throw error instanceof RotationRunning ? error : explain(error, settings);
  }
}

async function waitForWritesLeftBehind(client: Client, { name, label }: Table): Promise<void> {
  for (const start = performance.now(); ; await setTimeout(POLL_MS)) {
    // Within a transaction the first look would be the only one.
    await client.query('SELECT pg_stat_clear_snapshot()');
    const { rows } = await client.query(WRITES_LEFT_BEHIND, [name, WRITE_MARK]);
    if (rows.length === 0) return;
    if (performance.now() - start < PATIENCE_MS) continue;
    throw new RotationRunning(
      `a write of an earlier run of the tool is still waiting for a row of ${label} in the server`,
      `end the transaction that holds the row, or the write: SELECT pg_terminate_backend(${rows[0]?.pid})`,
    );
  }
}
