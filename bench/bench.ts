// npm run bench: how fast the tool is, next to what else one could do. Prints tables and writes results.json and results.svg.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { drawChart } from './chart.ts';
import { createContestants } from './contestants.ts';
import { withDataset } from './dataset.ts';
import { bestBatch, measureAgainstGoals } from './goals.ts';
import { measureGrowth } from './growth.ts';
import { describeCircumstances } from './machine.ts';
import type { Results } from './results.ts';
import { type Server, withClient, withServer } from './server.ts';
import { readSettings } from './settings.ts';
import { measureInTurn, type Score } from './side-by-side.ts';
import { measureStartUp } from './start-up.ts';
import { formatGoals, formatResults } from './table.ts';

const settings = readSettings(process.env);
const interruption = new AbortController();
for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // A second one ends it at once; an embedded server is stopped even then, on exit.
    if (interruption.signal.aborted) process.exit(1);
    say(`${name}: cleaning up`);
    interruption.abort();
  });
}

try {
  const results = await withServer(settings.databaseUrl, measure);
  const goals = measureAgainstGoals(results);
  console.log(`${formatResults(results)}\n\n${formatGoals(goals)}`);
  const chart = await drawChart(results);
  if (settings.quick) {
    say('BENCH_QUICK: these numbers mean nothing, and bench/results.json and .svg stay as they are');
  } else {
    writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify({ ...results, goals }, null, 2)}\n`);
    writeFileSync(new URL('results.svg', import.meta.url), chart);
    say('written: bench/results.json, bench/results.svg');
  }
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  process.exitCode = 1;
}

async function measure(server: Server): Promise<Results> {
  const { signal } = interruption;
  const circumstances = await withClient(server.maintenanceUrl, signal, (client) =>
    describeCircumstances(client, server.embedded),
  );
  say('start-up');
  const startUp = await measureStartUp(server, settings, signal);
  say(`side by side: filling tables with ${settings.rows} and ${settings.manyRows} rows`);
  const sideBySide = await measureSideBySide(server);
  const bestBatchSize = bestBatch(sideBySide).batchSize ?? 1;
  const growth = await measureGrowth(server, settings, bestBatchSize, signal, say);
  return { circumstances, rounds: settings.rounds, sideBySide, growth, startUp };
}

/** Few rows for those that write one at a time, many for the others: all in turn, on the same server. */
async function measureSideBySide(server: Server): Promise<Score[]> {
  const { rows, manyRows, rounds, batchSizes } = settings;
  const { signal } = interruption;
  return await withDataset(server, rows, signal, (few) =>
    withDataset(server, manyRows, signal, (many) => {
      const entries = createContestants(batchSizes).map((contestant) => ({
        contestant,
        dataset: contestant.oneByOne ? few : many,
      }));
      return measureInTurn(entries, rounds, signal, say);
    }),
  );
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
