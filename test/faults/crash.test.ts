import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { expectBackedUp } from '../support/table/backed-up.ts';
import { type TestDatabase, useDatabase } from '../support/table/database.ts';
import { count, environment, expectIntact, lockIsFree, newKeys, plant } from '../support/table/witness.ts';
import { startTool } from '../support/tool/run-tool.ts';
import { momentToKill } from '../support/tool/wait-for-output.ts';
import { argumentsFor, drawWay, killsByWay, type WayOfWriting } from '../support/tool/way-of-writing.ts';
import { inParallel } from '../support/vitest/in-parallel.ts';
import { SeededRandom } from '../support/vitest/random.ts';

/** `npm run test:crash` kills at least 800 times, over 50 tables or more; an ordinary run is a small sample of it. */
const TABLES = Number(process.env['CRASH_TABLES'] ?? 1);
const KILLS = TABLES < 50 ? TABLES : 16 * TABLES;
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

const databases = TABLES > 1 ? [useDatabase(), useDatabase()] : [useDatabase()];
const keys = newKeys();

describe('a tool that is killed (SIGKILL) at random moments', () => {
  it(
    'leaves every row under exactly one key each time, and in the end finishes every table',
    async () => {
      console.log(`crash: CRASH_SEED=${SEED} CRASH_TABLES=${TABLES}`);
      const tables: Killed[] = [];
      const sum = (counted: 'kills' | 'midway') => tables.reduce((total, table) => total + table[counted], 0);
      while (tables.length < TABLES || sum('kills') < KILLS || sum('midway') === 0) {
        const next = databases.map((_, index) => tables.length + index);
        tables.push(...(await inParallel(databases, next, rotateUnderFire)));
      }
      const rows = tables.reduce((total, table) => total + table.rows, 0);
      console.log(
        `crash: ${tables.length} tables of ${rows} rows in all finished, ${sum('kills')} kills (${sum('midway')} of them ` +
          `with the table half rotated), 0 rows lost, 0 rows under neither key; ${killsByWay(tables)}`,
      );
    },
    60 * 60_000,
  );
});

interface Killed {
  readonly way: WayOfWriting;
  readonly rows: number;
  readonly kills: number;
  /** Kills after which some of the rows were rotated, and some were not. */
  readonly midway: number;
}

/** The larger the batches, the more rows between two kills. */
function rowsFor(batchRows: number): number {
  if (batchRows > 100) return TABLES < 50 ? 600 : 1200;
  return (TABLES < 50 ? 40 : 240) * (batchRows > 1 ? 2 : 1);
}

/** Starts the tool and kills it, again and again, until a run gets to its end. */
async function rotateUnderFire(database: TestDatabase, table: number): Promise<Killed> {
  const random = new SeededRandom(SEED + table);
  const way = drawWay(random);
  const rows = rowsFor(way.batchRows);
  const planted = await plant(database, keys, rows);
  let midway = 0;
  for (let kills = 0; ; kills += 1) {
    const tool = startTool(['--verbose', ...argumentsFor(way, kills)], environment(keys, database.url));
    await momentToKill(tool, random);
    tool.child.kill('SIGKILL');
    const { code, signal, stderr } = await tool.end;
    await lockIsFree(database);

    const whereabouts = await expectIntact(database, keys, planted);
    const rotated = count(whereabouts, 'new');
    for (const [, id = ''] of stderr.matchAll(/Rotated key (\S+)/gu)) expect(whereabouts.get(id)).toBe('new');
    if (way.backups !== null) await expectBackedUp(database, planted, way.backups);
    if (signal === null) {
      expect(code, stderr).toBe(0);
      expect(rotated).toBe(rows);
      return { way, rows, kills, midway };
    }
    expect(signal).toBe('SIGKILL');
    if (rotated > 0 && rotated < rows) midway += 1;
  }
}
