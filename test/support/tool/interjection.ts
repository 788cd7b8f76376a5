import type { TestDatabase } from '../table/database.ts';
import { somebodyWaits, whileHolding } from '../table/row-lock.ts';
import { type Keys, plant } from '../table/witness.ts';
import { runHere } from './run-here.ts';
import type { ToolEnv, ToolRun } from './run-tool.ts';

/** A run of the tool on a table of so many rows. */
interface InterruptedRun {
  readonly keys: Keys;
  readonly rows: number;
  readonly args: readonly string[];
  readonly env: ToolEnv;
}

/** Runs the tool, and `statement` during the run: after the tool's write of the row with the middle id, before the next one. */
export async function runWithInterjection(
  database: TestDatabase,
  { keys, rows, args, env }: InterruptedRun,
  statement: string,
): Promise<ToolRun> {
  const planted = await plant(database, keys, rows);
  const ids = [...planted.plaintexts.keys()].sort();
  return whileHolding(database, ids[rows / 2] ?? '', async (release) => {
    const run = runHere(args, env);
    await somebodyWaits(database);
    // It waits for the lock that the waiting write has on the table, and gets it as soon as that write is done.
    const interjected = database.pool.query(`LOCK TABLE user_api_keys; ${statement}`);
    await database.pool.query(`
      DO $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'user_api_keys'::regclass AND NOT granted) LOOP
          PERFORM pg_sleep(0.005);
        END LOOP;
      END $$`);
    await release();
    await interjected;
    return run;
  });
}
