import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { Pool } from 'pg';
import { providerKey } from '../test/support/application/application.ts';
import { fingerprintOf } from '../test/support/keys/fingerprint.ts';
import { ask } from '../test/support/service/ask.ts';
import { buildApplication, buildTool } from '../test/support/service/build-application.ts';
import { Fleet } from '../test/support/service/fleet.ts';
import { runScript } from './child-process.ts';
import { reset, type Table, withTable } from './database.ts';
import { type Spread, spread } from './spread.ts';

/** What the users of a service notice of a sweep: the 99th percentile of the latency of their requests, in milliseconds. */
export interface ServiceScore {
  readonly rows: number;
  readonly before: Spread;
  readonly during: Spread;
  /** During the sweep against before it, round by round. */
  readonly ratio: Spread;
}

export const SWEEP = { batchRows: 100, rowsPerSecond: 1000 };
export const REQUESTS_PER_SECOND = 200;
const REPLICAS = 4;
/** One request in so many replaces a value, the others read one. */
const READS_PER_WRITE = 5;

/**
 * Measures the service of the tests (HTTP, Prisma, the keyring, behind one port) at a steady rate of requests, before a sweep and while
 * one runs, the start of the tool included.
 */
export async function measureService(serverUrl: string, rows: number, rounds: number): Promise<ServiceScore> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rotate-key-bench-'));
  try {
    buildApplication(path.join(folder, 'application'));
    buildTool(path.join(folder, 'tool'));
    return await withTable(serverUrl, rows, (table) => measureRounds(table, folder, rounds));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureRounds(table: Table, folder: string, rounds: number): Promise<ServiceScore> {
  const { DATABASE_URL, OLD_ENCRYPTION_KEY, NEW_ENCRYPTION_KEY } = table.env;
  const env = { DATABASE_URL, ENCRYPTION_KEYS: `${NEW_ENCRYPTION_KEY} ${OLD_ENCRYPTION_KEY}` };
  const { batchRows, rowsPerSecond } = SWEEP;
  const args = ['--batch-size', String(batchRows), '--max-rows-per-second', String(rowsPerSecond)];
  await table.client.query(readFileSync(new URL('../prisma/encryption-keys.sql', import.meta.url), 'utf8'));
  await table.client.query("INSERT INTO encryption_keys (fingerprint, source) SELECT unnest($1::text[]), 'text'", [
    [OLD_ENCRYPTION_KEY, NEW_ENCRYPTION_KEY].map(fingerprintOf),
  ]);
  const { rows } = await table.client.query('SELECT id FROM original.rows_of_user_api_keys');
  const ids = rows.map(({ id }) => String(id));
  await reset(table);
  const pool = new Pool({ connectionString: DATABASE_URL, max: 1 });
  const database = { url: DATABASE_URL, pool };
  const fleet = await Fleet.start({ folder: path.join(folder, 'application'), database }, env.ENCRYPTION_KEYS, REPLICAS);
  const percentiles = { before: [] as number[], during: [] as number[] };
  const meanwhile = () => setTimeout((table.rows / rowsPerSecond) * 1000);
  try {
    // What Node compiles at the first requests is no part of it.
    await measureUntil(meanwhile(), fleet.port, ids);
    for (let round = 1; round <= rounds; round += 1) {
      process.stderr.write(`round ${round} of ${rounds}: the service, ${table.rows} rows\n`);
      await reset(table);
      percentiles.before.push(await measureUntil(meanwhile(), fleet.port, ids));
      const sweep = runScript(path.join(folder, 'tool', 'scripts', 'rotate-encryption-key.ts'), args, env);
      percentiles.during.push(await measureUntil(sweep, fleet.port, ids));
    }
  } finally {
    await fleet.stop();
    await pool.end();
  }
  const { before, during } = percentiles;
  const ratio = spread(during.map((value, index) => value / (before[index] ?? Number.NaN)));
  return { rows: table.rows, before: spread(before), during: spread(during), ratio };
}

/**
 * Sends requests at a steady rate until `end` is settled, however long their answers take.
 *
 * @returns the 99th percentile of the milliseconds from when a request was due to its answer
 * @throws Error if a request fails; what `end` throws
 */
async function measureUntil(end: Promise<unknown>, port: number, ids: readonly string[]): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const sent: Promise<number>[] = [];
  let ended = false;
  const ending = end.finally(() => {
    ended = true;
  });
  const start = performance.now();
  while (!ended) {
    const due = start + (sent.length * 1000) / REQUESTS_PER_SECOND;
    await setTimeout(due - performance.now());
    const id = ids[Math.floor(Math.random() * ids.length)] ?? '';
    sent.push(request(agent, port, id, sent.length % READS_PER_WRITE === 0).then(() => performance.now() - due));
  }
  await ending;
  const latencies = (await Promise.all(sent)).sort((a, b) => a - b);
  agent.destroy();
  return latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
}

async function request(agent: Agent, port: number, id: string, isWrite: boolean): Promise<void> {
  const answer = isWrite
    ? await ask(agent, port, 'PUT', `/keys/${id}`, { apiKey: providerKey() })
    : await ask(agent, port, 'GET', `/keys/${id}`);
  if (answer?.status !== (isWrite ? 204 : 200)) throw new Error(`the service answered with ${answer?.status}`);
}
