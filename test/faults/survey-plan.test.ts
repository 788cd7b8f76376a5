import { describe, expect, it } from 'vitest';
import { useRole } from '../support/application/application-role.ts';
import { useDatabase } from '../support/table/database.ts';
import { nobodyWaits } from '../support/table/row-lock.ts';
import { newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 200;
const database = useDatabase();
const keys = newKeys();
const { env, set } = useRole(database, keys);

/** How often each was scanned, and how many rows that gave, as the server counted. */
async function scans(): Promise<{ table: number; rows: number; indexes: number }> {
  // A backend that is gone has handed in what it counted.
  await nobodyWaits(database);
  const { rows } = await database.pool.query(`
    SELECT seq_scan::int AS "table", seq_tup_read::int AS rows, idx_scan::int AS indexes
      FROM pg_stat_user_tables WHERE relname = 'user_api_keys'`);
  return rows[0];
}

describe('a survey, if an index covers all that it reads and the role has enable_seqscan = off', () => {
  it.each([['verify'], ['--dry-run']])('reads the table itself, and no index: %s', async (command) => {
    await plant(database, keys, ROWS);
    await database.pool.query(
      `${set} enable_seqscan = off; CREATE INDEX IF NOT EXISTS covering ON user_api_keys (id) INCLUDE (iv, content, tag)`,
    );
    await database.pool.query('VACUUM ANALYZE user_api_keys');
    await database.pool.query('SELECT pg_stat_force_next_flush()');
    const before = await scans();
    const { code, stderr } = await runHere([command], env);
    expect(code, stderr).toBe(command === 'verify' ? 6 : 0);
    const after = await scans();
    // Once to measure the rows, once to read them. Before that the search for forgotten values takes some rows, by no index either, unless
    // the machine is too busy for it.
    const searches = command === 'verify' ? 0 : 1;
    expect(after.indexes - before.indexes).toBe(0);
    expect([2, 2 + searches]).toContain(after.table - before.table);
    const sampled = after.rows - before.rows - 2 * ROWS;
    expect(sampled).toBeGreaterThanOrEqual(0);
    expect(sampled).toBeLessThanOrEqual(searches * ROWS);
  });
});
