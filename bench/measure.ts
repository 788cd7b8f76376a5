import process from 'node:process';
import { runScript } from './child-process.ts';
import { type Contestant, limit, type Measurement, plainLoop, preparedUpdates, TOOL, tool } from './contestants.ts';
import { expectRotated, reset, type Table, withTable } from './database.ts';

/** A value that was measured several times. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What one contestant achieved on one table. Rates are rows per second. */
export interface Score {
  readonly contestant: Contestant;
  readonly rows: number;
  readonly runRate: Spread | null;
  readonly writeRate: Spread | null;
  readonly peakMegabytes: Spread | null;
}

/** Seconds of whole processes. */
export type StartUp = Readonly<Record<'nothing' | 'help' | 'rotation', Spread>>;

export const START_UP_ROWS = 100;
const BATCH_ROWS = [100, 500, 2000];
/** In batches there are more rows, so that the start of the process does not dominate. Only rates are compared. */
const MORE_ROWS = 20;

/** @param rows - for the contestants that write row by row */
export function measureSideBySide(serverUrl: string, rows: number, rounds: number): Promise<Score[]> {
  return withTable(serverUrl, rows, (small) =>
    withTable(serverUrl, rows * MORE_ROWS, (large) => {
      const rowByRow = [plainLoop, tool(1), preparedUpdates].map((each) => [each, small] as const);
      const inBatches = [...BATCH_ROWS.map(tool), limit].map((each) => [each, large] as const);
      return measureInTurn([...rowByRow, ...inBatches], rounds);
    }),
  );
}

export async function measureGrowth(serverUrl: string, sizes: readonly number[], contestant: Contestant, rounds: number) {
  const scores: Score[] = [];
  for (const rows of sizes) {
    scores.push(...(await withTable(serverUrl, rows, (table) => measureInTurn([[contestant, table]], rounds))));
  }
  return scores;
}

export function measureStartUp(serverUrl: string, rounds: number): Promise<StartUp> {
  return withTable(serverUrl, START_UP_ROWS, async (table) => {
    const runs = { nothing: [] as number[], help: [] as number[], rotation: [] as number[] };
    for (let round = 1; round <= rounds; round += 1) {
      await reset(table);
      runs.nothing.push((await runScript(null)).seconds);
      runs.help.push((await runScript(TOOL, ['--help'])).seconds);
      runs.rotation.push((await runScript(TOOL, [], table.env)).seconds);
    }
    return { nothing: spread(runs.nothing), help: spread(runs.help), rotation: spread(runs.rotation) };
  });
}

/** Measures each contestant once per round, in turn, so that whatever slows the machine for a while slows all of them. */
async function measureInTurn(entries: readonly (readonly [Contestant, Table])[], rounds: number): Promise<Score[]> {
  const measured = entries.map(([contestant, table]) => ({ contestant, table, measurements: [] as Measurement[] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { contestant, table, measurements } of measured) {
      process.stderr.write(`round ${round} of ${rounds}: ${contestant.label}, ${table.rows} rows\n`);
      await reset(table);
      measurements.push(await contestant.measure(table));
      if (contestant !== limit) await expectRotated(table);
    }
  }
  return measured.map(({ contestant, table: { rows }, measurements }) => ({
    contestant,
    rows,
    runRate: spreadOrNull(measurements.map(({ runSeconds }) => runSeconds && rows / runSeconds)),
    writeRate: spreadOrNull(measurements.map(({ writeSeconds }) => writeSeconds && rows / writeSeconds)),
    peakMegabytes: spreadOrNull(measurements.map(({ peakMegabytes }) => peakMegabytes)),
  }));
}

function spreadOrNull(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : spread(known);
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted.at(index) ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(-1) };
}
