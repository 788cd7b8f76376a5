// npm run bench: prints how fast the tool is next to the alternatives, and writes results.json and results.svg.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import process from 'node:process';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { z } from 'zod';
import { withClient } from '../test/support/server/with-client.ts';
import { tool } from './contestants.ts';
import { withServer } from './database.ts';
import { measureGrowth, measureSideBySide, measureStartUp } from './measure.ts';
import { bestBatch, judge, type Results } from './results.ts';
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
const rounds = given.BENCH_ROUNDS ?? (quick ? 2 : 5);
const largest = given.BENCH_GROWTH ?? (quick ? 2000 : 1_000_000);

const results = await withServer(databaseUrl, async (url): Promise<Results> => {
  const environment = await describeEnvironment(url);
  const startUp = await measureStartUp(url, rounds * 2);
  const sideBySide = await measureSideBySide(url, rows, rounds);
  const sizes = [1000, 100, 10, 1].map((part) => Math.floor(largest / part));
  const smallSizes = sizes.filter((size) => size <= rows);
  const growth = [
    ...(await measureGrowth(url, smallSizes, tool(1), Math.min(rounds, 3))),
    ...(await measureGrowth(url, sizes, bestBatch(sideBySide).contestant, Math.min(rounds, 3))),
  ];
  const service = await measureService(url, rows * 2, Math.min(rounds, 3));
  return { environment, rounds, sideBySide, growth, startUp, service, goals: judge(sideBySide, growth, startUp, service) };
});

console.log(formatResults(results));
const chart = await drawChart(results);
if (quick) {
  console.log('\nBENCH_QUICK: these numbers mean nothing, and results.json and results.svg stay as they are');
} else {
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(new URL('results.svg', import.meta.url), chart);
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

/** @returns an SVG: how fast each contestant is, and how time and memory grow with the table */
function drawChart({ environment, sideBySide, growth }: Results): Promise<string> {
  const specification = JSON.parse(readFileSync(new URL('chart.json', import.meta.url), 'utf8'));
  const title = { text: 'Rows rotated per second', subtitle: environment };
  const { spec } = compile({ ...specification, title, datasets: { sideBySide, growth } });
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}
