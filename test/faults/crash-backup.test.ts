import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { backedUp, expectBackedUp } from '../support/table/backed-up.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { environment, expectIntact, lockIsFree, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool } from '../support/tool/run-tool.ts';
import { momentToKill } from '../support/tool/wait-for-output.ts';
import { argumentsFor, drawWay, killsByWay, type WayOfWriting } from '../support/tool/way-of-writing.ts';
import { SeededRandom } from '../support/vitest/random.ts';

/** `npm run test:crash` kills at least 200 times; an ordinary run is a small sample of it. */
const TABLES = Number(process.env['CRASH_TABLES'] ?? 1);
const KILLS = TABLES < 50 ? TABLES : 4 * TABLES;
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

const database = useDatabase();
const keys = newKeys();

describe('a tool with --backup that is killed (SIGKILL) at random moments', () => {
  it(
    'leaves every row at its before or its after in the backups, and restore brings all back',
    async () => {
      console.log(`crash-backup: CRASH_SEED=${SEED} CRASH_TABLES=${TABLES}`);
      const tables: Killed[] = [];
      const kills = () => tables.reduce((total, table) => total + table.kills, 0);
      while (kills() < KILLS) tables.push(await rotateAndRestore(new SeededRandom(SEED + tables.length)));
      const rows = tables.reduce((total, table) => total + table.rows, 0);
      console.log(
        `crash-backup: ${tables.length} tables of ${rows} rows in all, ${kills()} kills, ` +
          `every table restored byte for byte; ${killsByWay(tables)}`,
      );
    },
    40 * 60_000,
  );
});

interface Killed {
  readonly way: WayOfWriting;
  readonly rows: number;
  readonly kills: number;
}

/** The larger the batches, the more rows between two kills. */
function rowsFor(batchRows: number): number {
  if (batchRows > 100) return TABLES < 50 ? 600 : 1200;
  return (TABLES < 50 ? 30 : 120) * (batchRows > 1 ? 2 : 1);
}

/** Rotates until a run got to its end, and then puts everything back. */
async function rotateAndRestore(random: SeededRandom): Promise<Killed> {
  const way = drawWay(random, true);
  const folder = way.backups ?? '';
  const rows = rowsFor(way.batchRows);
  const planted = await plant(database, keys, rows);
  for (let kills = 0; ; kills += 1) {
    const tool = startTool(['--verbose', ...argumentsFor(way, kills)], environment(keys, database.url));
    await momentToKill(tool, random);
    tool.child.kill('SIGKILL');
    const { signal, code, stderr } = await tool.end;
    await lockIsFree(database);
    await expectIntact(database, keys, planted);
    await expectBackedUp(database, planted, folder);
    if (signal !== null) continue;
    expect(code, stderr).toBe(0);

    // The newest first, as the runbook has it: what an older one describes is in the table only then.
    for (const file of readdirSync(folder).sort((one, other) => Number.parseInt(other, 10) - Number.parseInt(one, 10))) {
      const restore = await runHere(['restore', path.join(folder, file)], { DATABASE_URL: database.url });
      // Killed before its first whole line, a run leaves a file without a header, and wrote nothing.
      if (backedUp(path.join(folder, file)).length > 0) expect(restore.code, restore.stderr).toBe(0);
    }
    expect(await readTable(database)).toEqual(planted.before);
    return { way, rows, kills };
  }
}
