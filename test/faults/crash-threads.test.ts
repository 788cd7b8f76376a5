import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { encrypt, insertKeys, providerKey } from '../support/application/application.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { count, environment, expectIntact, lockIsFree, newKeys, type Planted } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { type RunningTool, runTool, startTool } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';
import { SeededRandom } from '../support/vitest/random.ts';

/** Enough for worker threads. */
const ROWS = 25_000;
/** Of one table. */
const KILLS = 4;
const TABLES = Math.ceil(Number(process.env['CRASH_TABLES'] ?? 1) / 10);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const ARGUMENTS = ['--verbose', '--batch-size', '500', '--connections', '4'];

const database = useDatabase();
const keys = newKeys();
const env = {
  ...environment(keys, database.url),
  NODE_OPTIONS: `--import=${new URL('../support/tool/four-cores.mjs', import.meta.url).href}`,
};

describe('a tool with worker threads that is killed (SIGKILL) at random moments', () => {
  it(
    'leaves every row under exactly one key each time, and the next runs finish',
    async () => {
      console.log(`crash-threads: CRASH_SEED=${SEED}`);
      let kills = 0;
      for (let table = 0; table < TABLES; table += 1) {
        kills += await rotateUnderFire(new SeededRandom(SEED + table), TABLES > 1 ? KILLS : 2);
      }
      console.log(`crash-threads: ${TABLES} tables of ${ROWS} rows finished, ${kills} kills, 0 rows lost`);
      expect(kills).toBeGreaterThan(0);
    },
    60 * 60_000,
  );
});

/** @returns the number of kills: fewer than planned if a run got to its end before */
async function rotateUnderFire(random: SeededRandom, planned: number): Promise<number> {
  const planted = await plantMany();
  for (let kills = 0; kills < planned; kills += 1) {
    const tool = startTool(ARGUMENTS, env);
    await moment(tool, random);
    tool.child.kill('SIGKILL');
    const { code, signal, stderr } = await tool.end;
    await lockIsFree(database);
    const whereabouts = await expectIntact(database, keys, planted);
    const lost = [...stderr.matchAll(/Rotated key (\S+)\n/gu)].filter(([, id = '']) => whereabouts.get(id) !== 'new');
    expect(lost.map(([, id]) => id)).toEqual([]);
    if (signal !== null) continue;
    expect(code, stderr.slice(-2000)).toBe(0);
    expect(count(whereabouts, 'new')).toBe(ROWS);
    return kills;
  }
  const { code, stderr } = await runTool(ARGUMENTS, env);
  expect(code, stderr.slice(-2000)).toBe(0);
  expect(stderr).toContain('worker thread started\nworker thread started\n');
  expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  return planned;
}

/** Mostly while it writes. */
function moment(tool: RunningTool, random: SeededRandom): Promise<void> {
  const rows = 1 + random.below(8000);
  switch (random.below(6)) {
    case 0:
      return lineSeen(tool, /./u);
    case 1:
      return lineSeen(tool, /preflight: /u);
    default:
      return lineSeen(tool, /Rotated key |verify: /u, rows);
  }
}

const stock = Array.from({ length: 20 }, () => secret(providerKey()));

/** As `plant` does, with plaintexts that have few beginnings: each output is searched for all of them. */
async function plantMany(): Promise<Planted> {
  const plaintexts = Array.from({ length: ROWS }, (_, index) => `${stock[index % stock.length]}-${index}`);
  await database.pool.query('TRUNCATE users CASCADE');
  const ids = await insertKeys(
    database.pool,
    plaintexts.map((plaintext) => encrypt(keys.old, plaintext)),
  );
  return { plaintexts: new Map(ids.map((id, index) => [id, plaintexts[index] ?? ''])), before: await readTable(database) };
}
