// npm run bench: prints how fast the tool is next to the alternatives, and writes results.json and results.svg.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import process from 'node:process';
import { z } from 'zod';
import { withClient } from '../test/support/server/with-client.ts';
import { drawChart } from './chart.ts';
import { compareAll } from './comparisons.ts';
import { batches2000 } from './contestants.ts';
import { withEmbeddedServer } from './database.ts';
import { measureGrowth, measureStartUp } from './measure.ts';
import { judge, type Results } from './results.ts';
import { measureService } from './service.ts';
import { formatResults } from './tables.ts';

const count = z.coerce.number().int().positive();
const variables = z.object({
  BENCH_DATABASE_URL: z.string().optional(),
  BENCH_ROWS: count.optional(),
  BENCH_ROUNDS: count.optional(),
  BENCH_GROWTH: count.min(1000).optional(),
  BENCH_QUICK: z.literal('1').optional(),
});
const { BENCH_DATABASE_URL: databaseUrl = null, BENCH_QUICK: quick, ...given } = variables.parse(process.env);
const rows = given.BENCH_ROWS ?? (quick ? 200 : 10_000);
const rounds = given.BENCH_ROUNDS ?? (quick ? 1 : 5);
const largest = given.BENCH_GROWTH ?? (quick ? 2000 : 1_000_000);

const results = databaseUrl === null ? await withEmbeddedServer([], measureAll) : await measureAll(databaseUrl);

console.log(formatResults(results));
const chart = await drawChart(results);
if (quick) {
  console.log('\nBENCH_QUICK: these numbers mean nothing, and results.json and results.svg stay as they are');
} else {
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(new URL('results.svg', import.meta.url), chart);
}

async function measureAll(url: string): Promise<Results> {
  const environment = await describeEnvironment(url);
  const startUp = await measureStartUp(url, rounds * 2);
  const comparisons = await compareAll(url, rows, rounds);
  const growth = await measureGrowth(url, largest, batches2000, Math.min(rounds, 3));
  const service = await measureService(url, rows * 2, rounds);
  const measured = { comparisons, growth, startUp, service };
  return { environment, ...measured, goals: judge(measured) };
}

/** @returns what it was measured on and with. Names no host, no user and no path */
async function describeEnvironment(url: string): Promise<string[]> {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'shared_buffers', 'max_wal_size'];
  const sql = `SELECT current_setting('server_version') AS version, string_agg(name || ' ' || current_setting(name), ', ') AS settings
                 FROM unnest($1::text[]) AS name`;
  const [server] = (await withClient(url, (client) => client.query(sql, [names]))).rows;
  const { version, dependencies } = createRequire(import.meta.url)('../package.json');
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return [
    `${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, ${memory} GB, ${os.type()} ${os.arch()}`,
    `PostgreSQL ${server.version}, ${databaseUrl === null ? 'embedded' : 'of BENCH_DATABASE_URL'}`,
    server.settings,
    `Node ${process.versions.node}, Prisma ${dependencies['@prisma/client']}, pg ${dependencies.pg}`,
    `rotate-encryption-key ${version}, ${new Date().toISOString().slice(0, 10)}`,
  ];
}
