import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import type { ApplicationRow } from '../support/application/application.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { environment, expectIntact, lockIsFree, newKeys, type Planted, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool, workFolder } from '../support/tool/run-tool.ts';
import { momentToKill } from '../support/tool/wait-for-output.ts';
import { SeededRandom } from '../support/vitest/random.ts';

/** `npm run test:crash` kills at least 50 times; an ordinary run is a small sample of it. */
const KILLS = Number(process.env['CRASH_TABLES'] ?? 1);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const ROWS = KILLS > 1 ? 60 : 30;

const database = useDatabase();
const keys = newKeys();

describe('a tool with --backup that is killed (SIGKILL) at random moments', () => {
  it(
    'leaves every row at its before or its after in the backups, and restore brings all back',
    async () => {
      console.log(`crash-backup: CRASH_SEED=${SEED}`);
      const random = new SeededRandom(SEED);
      let kills = 0;
      let tables = 0;
      for (; kills < KILLS; tables += 1) kills += await rotateAndRestore(random);
      console.log(`crash-backup: ${tables} tables of ${ROWS} rows, ${kills} kills, every table restored byte for byte`);
    },
    20 * 60_000,
  );
});

/** @returns the number of kills until a run got to its end */
async function rotateAndRestore(random: SeededRandom): Promise<number> {
  const planted = await plant(database, keys, ROWS);
  const folder = mkdtempSync(path.join(workFolder, 'backups-'));
  for (let kills = 0; ; kills += 1) {
    const args = ['--verbose', '--batch-size', String(random.pick(1, 1, 4)), '--backup', path.join(folder, `${kills}.jsonl`)];
    const tool = startTool(args, environment(keys, database.url));
    await momentToKill(tool, random);
    tool.child.kill('SIGKILL');
    const { signal, code, stderr } = await tool.end;
    await lockIsFree(database);
    await expectIntact(database, keys, planted);
    await expectBackedUp(planted, folder);
    if (signal !== null) continue;
    expect(code, stderr).toBe(0);

    // The newest first, as the runbook has it: what an older one describes is in the table only then.
    for (const file of readdirSync(folder).sort((one, other) => Number.parseInt(other, 10) - Number.parseInt(one, 10))) {
      const restore = await runHere(['restore', path.join(folder, file)], { DATABASE_URL: database.url });
      // Killed before its first whole line, a run leaves a file without a header, and wrote nothing.
      if (backedUp(path.join(folder, file)).length > 0) expect(restore.code, restore.stderr).toBe(0);
    }
    expect(await readTable(database)).toEqual(planted.before);
    return kills;
  }
}

interface Backed {
  readonly id: string;
  readonly before: Omit<ApplicationRow, 'id'>;
  readonly after: Omit<ApplicationRow, 'id'>;
}

/** The rows in a backup; it may have an end line, and the last line may be torn. */
function backedUp(file: string): Backed[] {
  const whole = readFileSync(file, 'utf8').split('\n').slice(1, -1);
  return whole.map((line) => JSON.parse(line)).filter((content) => !('end' in content));
}

/** Every row that is not as it was planted is in a backup, with exactly the value that it has. */
async function expectBackedUp(planted: Planted, folder: string): Promise<void> {
  const known = new Set(planted.before.map(identity));
  for (const file of readdirSync(folder)) {
    for (const { id, before, after } of backedUp(path.join(folder, file))) {
      expect(known.has(identity({ id, ...before })), `the value of row ${id} before`).toBe(true);
      known.add(identity({ id, ...after }));
    }
  }
  const unknown = (await readTable(database)).filter((row) => !known.has(identity(row)));
  expect(unknown.map(({ id }) => id)).toEqual([]);
}

function identity({ id, iv, content, tag }: ApplicationRow): string {
  return [id, iv, content, tag].join();
}
