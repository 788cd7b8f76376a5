import type { Pool } from 'pg';
import type { TestDatabase } from '../table/database.ts';

/** Resolves once every commit of the server has to wait for the standby of this name; without a name, for none. */
export async function requireStandby({ pool }: TestDatabase, name: string): Promise<void> {
  await pool.query('SET synchronous_commit = local');
  await pool.query(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
  await pool.query(`
    DO $$ BEGIN
      PERFORM pg_reload_conf();
      WHILE (SELECT setting FROM pg_file_settings WHERE name = 'synchronous_standby_names' AND applied) IS DISTINCT FROM '${name}'
        LOOP PERFORM pg_sleep(0.005);
      END LOOP;
    END $$`);
  if (name !== '') await seeThatCommitsWait(pool);
}

/** The checkpointer tells all others of the setting: until it has read that itself, a commit passes. */
async function seeThatCommitsWait(pool: Pool): Promise<void> {
  const client = await pool.connect();
  await client.query('SET synchronous_commit = on');
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const pid = Number(rows[0]?.pid);
  for (let hasWaited = false; !hasWaited; ) {
    let isOver = false;
    const commit = client.query("SELECT pg_logical_emit_message(true, '', '')").finally(() => {
      isOver = true;
    });
    while (!(isOver || hasWaited)) {
      const waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'";
      hasWaited = (await pool.query(waiting, [pid])).rowCount === 1;
    }
    await commit;
  }
  client.release(true);
}

/**
 * Ends the waiting of every commit for a standby, until `end` is settled.
 *
 * @param how - a function of PostgreSQL that takes the process
 * @returns how many it ended
 */
export async function endWaits({ pool }: TestDatabase, end: Promise<unknown>, how = 'pg_cancel_backend'): Promise<number> {
  let ended = false;
  let waits = 0;
  const ending = end.finally(() => {
    ended = true;
  });
  while (!ended) {
    const { rowCount } = await pool.query(`SELECT ${how}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
    waits += rowCount ?? 0;
  }
  await ending;
  return waits;
}
