import type { Comparison } from './comparisons.ts';
import { type Score, START_UP_ROWS } from './measure.ts';
import { minutesPerMillion } from './minutes.ts';
import type { Results } from './results.ts';
import { REQUESTS_PER_SECOND } from './service.ts';
import type { Spread } from './spread.ts';

const RATES = ['rows', 'whole run, rows/s', 'writing, rows/s', 'peak MB'];

/** @returns everything that was measured as text for a terminal: medians, with (min..max) of the rounds */
export function formatResults({ environment, comparisons, growth, startUp, service, goals }: Results): string {
  const databases = Object.values(comparisons);
  return [
    environment.join('\n'),
    ...databases.map(formatComparison),
    formatMinutes(databases),
    align([['How time and memory grow', ...RATES], ...growth.map(cellsOf)]),
    align([
      ['Start-up', 'seconds'],
      ['an empty script, by Node and tsx', withRange(startUp.empty)],
      ['--help', withRange(startUp.help)],
      [`a rotation of ${START_UP_ROWS} rows`, withRange(startUp.rotation)],
    ]),
    align([
      [`A service, ${REQUESTS_PER_SECOND} requests/s`, 'latency (p99), ms'],
      ['before the sweep', withRange(service.before)],
      [`during the sweep of ${service.rows} rows`, withRange(service.during)],
      ['during, against before', withRange(service.ratio)],
    ]),
    align([
      ['Goals, for whole runs', 'measured', 'goal', ''],
      ...goals.map(({ what, value, goal, met }) => [what, number(value), goal, met ? 'met' : 'NOT MET']),
    ]),
  ].join('\n\n');
}

function formatComparison({ database, rounds, roundTrip, scores }: Comparison): string {
  const title = `${database}, medians of ${rounds} rounds; a round trip takes ${number(roundTrip.median)} ms`;
  return `${title}\n${align([['', ...RATES], ...scores.map(cellsOf)])}`;
}

function formatMinutes(comparisons: readonly Comparison[]): string {
  const all = minutesPerMillion(comparisons);
  const ways = [...new Set(all.map(({ way }) => way))];
  const databases = comparisons.map(({ database }) => database);
  const cell = (way: string, database: string) => all.find((each) => each.way === way && each.database === database);
  const rows = ways.map((way) => [way, ...databases.map((database) => optional(cell(way, database)?.minutes))]);
  return align([['Minutes for a million rows', ...databases], ...rows]);
}

function cellsOf({ contestant, rows, runRate, writeRate, peakMegabytes }: Score): string[] {
  return [contestant.label, number(rows), ...[runRate, writeRate, peakMegabytes].map(withRange)];
}

function withRange(spread: Spread | null): string {
  return spread === null ? '-' : `${number(spread.median)} (${number(spread.min)}..${number(spread.max)})`;
}

function optional(value: number | undefined): string {
  return value === undefined ? '-' : number(value);
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}

/** The first column to the left, the others to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0));
  const pad = (cell: string, column: number) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column)));
  return rows.map((cells) => cells.map(pad).join('  ')).join('\n');
}
