import { Client, type ClientBase } from 'pg';
import { expect } from 'vitest';
import type { TestDatabase } from './database.ts';
import { RUN_LOCK } from './witness.ts';

/**
 * Runs `work` while a transaction of the application's holds a row: a rotation that comes to it waits there.
 *
 * @param work - gets what commits the transaction, and the client that has it
 * @param table - as SQL names it
 */
export async function whileHolding<T>(
  { url }: TestDatabase,
  id: string,
  work: (release: () => Promise<void>, holder: Client) => Promise<T>,
  table = 'user_api_keys',
): Promise<T> {
  const client = new Client(url);
  // Some tests kill the server in the meantime.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
    return await work(async () => {
      await client.query('COMMIT');
    }, client);
  } finally {
    await client.end();
  }
}

/** now() is when the statement began. */
const OR_FAIL = `
        IF clock_timestamp() > now() + interval '60 s' THEN RAISE EXCEPTION 'waited for a rotation in vain'; END IF;`;

/**
 * Resolves once a statement of a rotation in this database waits for what another transaction holds, and goes on waiting: the one that
 * writes a batch gives up by itself, after which its rows are written one by one.
 *
 * @param statements - how many have to wait
 */
export async function somebodyWaits({ pool }: TestDatabase, statements = 1): Promise<void> {
  await pool.query(`
    DO $$ BEGIN
      WHILE (SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND application_name = 'rotate-encryption-key' AND query NOT LIKE '%unnest(%') < ${statements} LOOP
        ${OR_FAIL}
        PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
      END LOOP;
    END $$`);
}

/** Resolves once somebody waits for what the transaction of this client holds. */
export async function isInTheWay(client: ClientBase): Promise<void> {
  await client.query(`
    DO $$ BEGIN
      WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))) LOOP
        IF clock_timestamp() > statement_timestamp() + interval '60 s' THEN RAISE EXCEPTION 'stood in nobody''s way'; END IF;
        PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
      END LOOP;
    END $$`);
}

/** Ends the connection that holds the rotation's lock, and waits until the server has let go of it. */
export async function endLockConnection({ pool }: TestDatabase): Promise<void> {
  const { rows } = await pool.query(`
    SELECT pg_terminate_backend(pid, 10000) AS ended FROM pg_locks
     WHERE locktype = 'advisory' AND classid = ${RUN_LOCK} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
  expect(rows).toEqual([{ ended: true }]);
}

/** Resolves once the server has ended every statement of a rotation in this database, also those whose client is gone. */
export async function nobodyWaits({ pool }: TestDatabase): Promise<void> {
  await pool.query(`
    DO $$ BEGIN
      WHILE EXISTS (SELECT FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'rotate-encryption-key') LOOP
        ${OR_FAIL}
        PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
      END LOOP;
    END $$`);
}

/** Resolves once any transaction in this database waits for what another one holds. */
export async function anybodyWaits({ pool }: TestDatabase): Promise<void> {
  await pool.query(`
    DO $$ BEGIN
      WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') LOOP
        ${OR_FAIL}
        PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
      END LOOP;
    END $$`);
}
