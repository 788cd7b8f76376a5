import { setTimeout } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Connector } from './connection.ts';
import { RotationRunning } from './database-error.ts';
import { explain } from './explain.ts';
import { readFailure } from './failure.ts';
import { holdersOf, said, toEnd } from './lock-holders.ts';
import { lockLost, Standstill } from './lock-lost.ts';
import { type LockMode, type LockNumbers, sqlToTake } from './lock-numbers.ts';
import { OWN_NAMES_ONLY } from './own-names.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Table } from './table.ts';

/** Often enough that firewalls and poolers do not consider the connection idle, and that a dead one is noticed. */
const HEARTBEAT_MS = 5000;
/** The server waits no longer between two heartbeats: a run whose machine is gone loses its lock then, not by TCP after hours. */
const IDLE_LIMIT_MS = 60_000;
/** What the server says when it ends a transaction by that limit: idle_in_transaction_session_timeout. */
const IDLE_TIMEOUT = '25P03';

function limits(idleMs: number): string {
  return `
  SELECT pg_catalog.set_config(name, CASE name WHEN 'transaction_timeout' THEN '0' ELSE '${idleMs}' END, true)
    FROM pg_catalog.pg_settings WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`;
}

/** How long a write of an earlier run may take to end by itself. */
const PATIENCE_MS = 2000;
const POLL_MS = 50;

/** A table that is to be locked. */
export interface LockedTable {
  readonly table: Table;
  readonly numbers: LockNumbers;
}

/**
 * Runs `work` while holding the locks of all tables: no rotation beside it, and no write that an earlier one left behind in the server.
 * The locks belong to a transaction that stays open on a connection of its own, so they also hold behind a pooler in transaction
 * mode, and end with the connection whatever happens.
 *
 * @param work - gets a signal that is aborted, with a DatabaseError, as soon as the lock is known to be lost
 * @param idleLimitMs - how long the lock outlives the last sign of life
 * @throws RotationRunning if the lock is taken or a write is left behind, DatabaseError if neither can be checked
 */
export async function withRotationLock<T>(
  connector: Connector,
  settings: DatabaseSettings,
  tables: readonly LockedTable[],
  mode: LockMode,
  work: (lost: AbortSignal) => Promise<T>,
  idleLimitMs = IDLE_LIMIT_MS,
): Promise<T> {
  const client = connector.client();
  const lost = new AbortController();
  let standstill = new Standstill(Date.now());
  const lose = (error: unknown) => {
    const failure = readFailure(error);
    const byIdleLimit = failure.from === 'server' && failure.sqlState === IDLE_TIMEOUT;
    lost.abort(lockLost(explain(error, settings), byIdleLimit, standstill.milliseconds(Date.now())));
  };
  client.on('error', lose);
  client.on('end', () => lose(new Error('connection terminated')));

  let heartbeat: NodeJS.Timeout | undefined;
  let beating = false;
  const beat = () => {
    standstill.tick(Date.now());
    if (beating) return;
    beating = true;
    client.query('SELECT 1').then(() => {
      beating = false;
    }, lose);
  };
  try {
    await acquire(client, settings, tables, mode, idleLimitMs);
    standstill = new Standstill(Date.now());
    heartbeat = setInterval(beat, HEARTBEAT_MS);
    return await work(lost.signal);
  } finally {
    clearInterval(heartbeat);
    // Not awaited: the connector ends what does not end by itself.
    client.end().catch(() => {});
  }
}

async function acquire(
  client: Client,
  settings: DatabaseSettings,
  tables: readonly LockedTable[],
  mode: LockMode,
  idleLimitMs: number,
): Promise<void> {
  try {
    await client.connect();
    // In one message: the server's own limit for idle transactions may be short.
    await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${OWN_NAMES_ONLY}; ${limits(idleLimitMs)}`);
    // In the same order in every run: of two that begin at once, one gets them all.
    for (const { table, numbers } of tables.toSorted((a, b) => a.table.oid - b.table.oid)) {
      const { rows } = await client.query(`SELECT ${sqlToTake(numbers.run, mode)} AS locked`);
      if (rows[0]?.locked !== true) throw await runInTheWay(client, table, numbers);
      await waitForWritesLeftBehind(client, table, numbers);
      await client.query(`SELECT pg_advisory_xact_lock(${numbers.owner.sql})`);
    }
  } catch (error) {
    throw error instanceof RotationRunning ? error : explain(error, settings);
  }
}

async function runInTheWay(client: Client, { label }: Table, { run }: LockNumbers): Promise<RotationRunning> {
  const [holder] = await holdersOf(client, run);
  const message = `another rotation or verification of ${label} is running${holder ? ` (${said(holder)})` : ''}`;
  const stuck = holder
    ? `; if its machine is gone, the lock is released within a minute; to release it now: ${toEnd(holder)}`
    : '';
  return new RotationRunning(message, `wait until it has ended${stuck}`);
}

/**
 * A run that is killed, or that gave up waiting, leaves its last UPDATE on the server, where it may be waiting for a row that somebody
 * holds. It could then write during the next run, or after it.
 */
async function waitForWritesLeftBehind(client: Client, { label }: Table, { writes, writers }: LockNumbers): Promise<void> {
  // The locks of a run that ends are released one by one: as long as its owner's is held, one of its writes can still begin. After
  // that, the lock on the writes is taken and released at once, only to find out whether a write has it.
  const free = `
    SELECT CASE WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = ${writers}
                                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) THEN false
                WHEN pg_try_advisory_lock(${writes.sql}) THEN pg_advisory_unlock(${writes.sql}) ELSE false END AS free`;
  for (const start = performance.now(); ; await setTimeout(POLL_MS)) {
    const { rows } = await client.query(free);
    if (rows[0]?.free === true) return;
    if (performance.now() - start < PATIENCE_MS) continue;
    const [write] = await holdersOf(client, writes);
    if (write === undefined) throw new RotationRunning(`the server is still ending an earlier run on ${label}`, 'wait a moment');
    const [blocker] = write.blockers;
    throw new RotationRunning(
      `a write to ${label} from an earlier run is still pending on the server (${said(write)})`,
      blocker === undefined
        ? `${write.waits_for_standby ? 'start that standby, or take it out of that setting; or ' : ''}end that write: ${toEnd(write)}`
        : `end the transaction that holds the row, if it may be ended (${said(blocker)}): ${toEnd(blocker)}; or end the write: ${toEnd(write)}`,
    );
  }
}
