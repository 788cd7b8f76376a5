import process from 'node:process';
import { runScript } from './child-process.ts';
import { type Contestant, limit, type Measurement, TOOL } from './contestants.ts';
import { expectRotated, reset, type Table, withTable } from './database.ts';
import { type Spread, spread } from './spread.ts';

/** What one contestant achieved on one table. Rates are rows per second. */
export interface Score {
  readonly contestant: Contestant;
  readonly rows: number;
  readonly runRate: Spread | null;
  readonly writeRate: Spread | null;
  readonly peakMegabytes: Spread | null;
}

export const START_UP_ROWS = 100;

/** Seconds of whole processes. */
export type StartUp = Readonly<Record<'empty' | 'help' | 'rotation', Spread>>;

/** The contestants that rotate the same table. */
export interface Group {
  readonly rows: number;
  readonly tables?: number;
  readonly contestants: readonly Contestant[];
}

export function measureSideBySide(serverUrl: string, groups: readonly Group[], rounds: number): Promise<Score[]> {
  return fillNext(groups, []);

  function fillNext([group, ...others]: readonly Group[], filled: readonly (readonly [Contestant, Table])[]): Promise<Score[]> {
    if (group === undefined) return measureInTurn(filled, rounds);
    const { rows, contestants, tables } = group;
    const work = (table: Table) => fillNext(others, [...filled, ...contestants.map((each) => [each, table] as const)]);
    return withTable(serverUrl, rows, work, tables);
  }
}

/** @returns how a contestant does with tables of a thousandth, a hundredth and a tenth of the rows, and of all of them, in one round */
export async function measureGrowth(
  serverUrl: string,
  largest: number,
  contestant: Contestant,
  rounds: number,
): Promise<Score[]> {
  const scores: Score[] = [];
  for (const part of [1000, 100, 10, 1]) {
    const group = { rows: Math.floor(largest / part), contestants: [contestant] };
    scores.push(...(await measureSideBySide(serverUrl, [group], part === 1 ? 1 : rounds)));
  }
  return scores;
}

export function measureStartUp(serverUrl: string, rounds: number): Promise<StartUp> {
  return withTable(serverUrl, START_UP_ROWS, async (table) => {
    const runs = { empty: [] as number[], help: [] as number[], rotation: [] as number[] };
    for (let round = 1; round <= rounds; round += 1) {
      await reset(table);
      runs.empty.push((await runScript('./processes/empty-script.ts')).seconds);
      runs.help.push((await runScript(TOOL, ['--help'])).seconds);
      runs.rotation.push((await runScript(TOOL, [], table.env)).seconds);
    }
    return { empty: spread(runs.empty), help: spread(runs.help), rotation: spread(runs.rotation) };
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
