import { type Score, type Spread, START_UP_ROWS } from './measure.ts';
import type { Results } from './results.ts';
import { REQUESTS_PER_SECOND } from './service.ts';

/** @returns everything that was measured as text for a terminal: medians, with (min..max) of the rounds */
export function formatResults({ environment, rounds, sideBySide, growth, startUp, service, goals }: Results): string {
  const columns = ['rows', 'whole run, rows/s', 'writing, rows/s', 'peak MB'];
  return [
    environment.join('\n'),
    align([[`Side by side, medians of ${rounds} rounds`, ...columns], ...sideBySide.map(cellsOf)]),
    align([['How time and memory grow', ...columns], ...growth.map(cellsOf)]),
    align([
      ['Start-up', 'seconds'],
      ['Node and tsx, running nothing', withRange(startUp.nothing)],
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
      ['Goals', 'measured', 'goal', ''],
      ...goals.map(({ what, value, goal, met }) => [what, number(value), goal, met ? 'met' : 'NOT MET']),
    ]),
  ].join('\n\n');
}

function cellsOf({ contestant, rows, runRate, writeRate, peakMegabytes }: Score): string[] {
  return [contestant.label, number(rows), ...[runRate, writeRate, peakMegabytes].map(withRange)];
}

function withRange(spread: Spread | null): string {
  return spread === null ? '-' : `${number(spread.median)} (${number(spread.min)}..${number(spread.max)})`;
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
