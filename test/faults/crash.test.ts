import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { type TestDatabase, useDatabase } from '../support/table/database.ts';
import { count, environment, expectIntact, lockIsFree, newKeys, plant } from '../support/table/witness.ts';
import { startTool } from '../support/tool/run-tool.ts';
import { momentToKill } from '../support/tool/wait-for-output.ts';
import { inParallel } from '../support/vitest/in-parallel.ts';
import { SeededRandom } from '../support/vitest/random.ts';

/** `npm run test:crash` kills at least 500 times, over 50 tables; an ordinary run is a small sample of it. */
const TABLES = Number(process.env['CRASH_TABLES'] ?? 1);
const KILLS = TABLES < 50 ? TABLES : 10 * TABLES;
/** A table of 240 rows takes about ten kills: the faster the machine, the more rows between two of them. */
const ROWS = Number(process.env['CRASH_ROWS'] ?? (TABLES < 50 ? 40 : 240));
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

const databases = TABLES > 1 ? [useDatabase(), useDatabase(), useDatabase()] : [useDatabase()];
const keys = newKeys();

describe('a tool that is killed (SIGKILL) at random moments', () => {
  it(
    'leaves every row under exactly one key each time, and in the end finishes every table',
    async () => {
      console.log(`crash: CRASH_SEED=${SEED} CRASH_TABLES=${TABLES} CRASH_ROWS=${ROWS}`);
      const all: Kill[] = [];
      let tables = 0;
      while (tables < TABLES || all.length < KILLS || !all.some(({ midway }) => midway)) {
        const next = databases.map((_, index) => tables + index);
        const kills = await inParallel(databases, next, rotateUnderFire);
        all.push(...kills.flat());
        tables += next.length;
      }

      console.log(
        `crash: ${tables} tables of ${ROWS} rows finished, ${all.length} kills (${all.filter(({ midway }) => midway).length} of them ` +
          `with the table half rotated), 0 rows lost, 0 rows under neither key`,
      );
    },
    60 * 60_000,
  );
});

interface Kill {
  /** Some of the rows were rotated, and some were not. */
  readonly midway: boolean;
}

/** Starts the tool and kills it, again and again, until a run gets to its end. @returns the kills */
async function rotateUnderFire(database: TestDatabase, table: number): Promise<Kill[]> {
  const random = new SeededRandom(SEED + table);
  const batchRows = random.pick(1, 1, 1, 4);
  const planted = await plant(database, keys, ROWS);
  const kills: Kill[] = [];
  for (;;) {
    const tool = startTool(['--verbose', '--batch-size', String(batchRows)], environment(keys, database.url));
    await momentToKill(tool, random);
    tool.child.kill('SIGKILL');
    const { code, signal, stderr } = await tool.end;
    await lockIsFree(database);

    const whereabouts = await expectIntact(database, keys, planted);
    const rotated = count(whereabouts, 'new');
    for (const [, id = ''] of stderr.matchAll(/Rotated key (\S+)/gu)) expect(whereabouts.get(id)).toBe('new');
    if (signal === null) {
      expect(code, stderr).toBe(0);
      expect(rotated).toBe(ROWS);
      return kills;
    }
    expect(signal).toBe('SIGKILL');
    kills.push({ midway: rotated > 0 && rotated < ROWS });
  }
}
