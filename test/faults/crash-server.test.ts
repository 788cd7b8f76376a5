import process from 'node:process';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREATE_TABLES } from '../support/application/application.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../support/server/embedded-postgres.ts';
import { killAndRestart } from '../support/server/kill-server.ts';
import { expectBackedUp } from '../support/table/backed-up.ts';
import { whileHolding } from '../support/table/row-lock.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';
import { argumentsFor, drawWay, killsByWay, type WayOfWriting } from '../support/tool/way-of-writing.ts';
import { SeededRandom } from '../support/vitest/random.ts';

/** Each table is a series of kills; an ordinary run is a small sample of `npm run test:crash`. */
const TABLES = Math.ceil(Number(process.env['CRASH_TABLES'] ?? 1) / 5);
const ROWS = TABLES > 1 ? 150 : 60;
/** Of the server, for each table. */
const KILLS = 4;
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

const keys = newKeys();
let server: EmbeddedPostgres;
let pool: Pool;
let url: string;

beforeAll(async () => {
  server = await startEmbeddedPostgres();
  secret(new URL(server.url).password);
  url = `${server.url}application`;
  const client = new Client(`${server.url}postgres`);
  await client.connect();
  await client.query('CREATE DATABASE application');
  await client.end();
  pool = newPool();
  await pool.query(CREATE_TABLES);
});

afterAll(async () => {
  await pool.end();
  await server.stop();
});

function newPool(): Pool {
  const fresh = new Pool({ connectionString: url, max: 2 });
  // Its idle connections die with the server.
  fresh.on('error', () => {});
  return fresh;
}

describe('a server that is killed (SIGKILL, all its processes) at random moments', () => {
  it(
    'makes the tool exit 4, keeps every row under exactly one key, and the next runs finish',
    async () => {
      console.log(`crash-server: CRASH_SEED=${SEED}`);
      const tables: Killed[] = [];
      for (let table = 0; table < TABLES; table += 1) tables.push(await rotateOnDyingServer(new SeededRandom(SEED + table)));
      const kills = tables.reduce((total, table) => total + table.kills, 0);
      console.log(
        `crash-server: ${TABLES} tables of ${ROWS} rows finished, the server killed ${kills} times, 0 rows lost; ` +
          killsByWay(tables),
      );
      expect(kills).toBeGreaterThanOrEqual(TABLES);
    },
    20 * 60_000,
  );
});

function rotatedIn(stderr: string): string[] {
  return [...stderr.matchAll(/Rotated key (\S+)\n/gu)].map(([, id = '']) => id);
}

interface Killed {
  readonly way: WayOfWriting;
  readonly kills: number;
}

async function rotateOnDyingServer(random: SeededRandom): Promise<Killed> {
  const way = drawWay(random);
  const planted = await plant({ url, pool }, keys, ROWS);
  const last = [...planted.plaintexts.keys()].sort().at(-1) ?? '';
  let left = ROWS;
  let kills = 0;
  for (; kills < KILLS && left > 1; kills += 1) {
    // An application's transaction holds the last row: the run cannot end before the server dies.
    await whileHolding({ url, pool }, last, async () => {
      const tool = startTool(['--verbose', ...argumentsFor(way, kills)], environment(keys, url));
      let output = '';
      tool.child.stderr?.on('data', (text: Buffer) => {
        output += text.toString();
      });
      if (kills === 0) await lineSeen(tool, /preflight: /u);
      else await lineSeen(tool, /Rotated key /u, Math.min(1 + random.below(25), left - 1));
      const told = rotatedIn(output);
      // Writes do not wait for the disk: without this a crash may undo any of them.
      const isOnDisk = random.below(2) === 0;
      if (isOnDisk) await pool.query("SELECT pg_logical_emit_message(true, 'test', '')");
      await killAndRestart(server);
      const { code, stdout, stderr } = await tool.end;
      expect(code, stderr).toBe(4);
      expect(stdout).toContain('run the same command again');
      // After the last row the run may have been in its verification, before which all was put on the disk.
      if (rotatedIn(stderr).length > 0 && rotatedIn(stderr).length < left) {
        expect(stdout).toMatch(/the last of (?:them|these rows) may be under the old key again/u);
      }
      await pool.end();
      pool = newPool();
      const whereabouts = await expectIntact({ url, pool }, keys, planted);
      if (isOnDisk) for (const id of told) expect(whereabouts.get(id)).toBe('new');
      if (way.backups !== null) await expectBackedUp({ url, pool }, planted, way.backups);
      left = count(whereabouts, 'old');
    });
  }
  const end = await runHere(argumentsFor(way, kills), environment(keys, url));
  expect(end.code, end.stderr).toBe(0);
  expect(count(await expectIntact({ url, pool }, keys, planted), 'new')).toBe(ROWS);
  return { way, kills };
}
