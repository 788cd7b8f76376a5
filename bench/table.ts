import type { Goal } from './goals.ts';
import type { Results } from './results.ts';
import type { Score, Timing } from './side-by-side.ts';
import type { Spread } from './spread.ts';

/** @returns all results as text: medians, with min..max of the rounds */
export function formatResults({ circumstances, rounds, sideBySide, growth, startUp }: Results): string {
  const { machine, versions, serverSettings } = circumstances;
  const settings = Object.entries(serverSettings).map(([name, value]) => `${name}=${value}`);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}`,
    `PostgreSQL ${versions.postgresql} (${settings.join(' ')})`,
    `Node ${versions.node}, Prisma ${versions.prisma}, pg ${versions.nodePostgres}, tool ${versions.tool}, ${circumstances.date}`,
    '',
    `Side by side, medians of ${rounds} alternating rounds (min..max)`,
    ...align([['', '', 'rows', 'whole run, rows/s', 'rotate phase, rows/s', 'peak MB'], ...sideBySide.map(row)]),
    '',
    'How the cost grows',
    ...align([['', 'rows', 'whole run, s', 'whole run, rows/s', 'rotate phase, rows/s', 'peak MB'], ...growth.map(growthRow)]),
    '',
    'Start-up, seconds of the whole process',
    ...align([
      ['an empty script under tsx', secondsOf(startUp.empty)],
      ['--help', secondsOf(startUp.help)],
      [`a rotation of ${startUp.rotationRows} rows`, secondsOf(startUp.rotation)],
    ]),
  ].join('\n');
}

export function formatGoals(goals: readonly Goal[]): string {
  const rows = goals.map(({ group, what, value, unit, bound, holds }) => {
    const limit = 'atLeast' in bound ? `at least ${bound.atLeast} ${unit}` : `at most ${bound.atMost} ${unit}`;
    return [`${group}. ${what}`, `${decimal(value, unit === 's' ? 3 : 2)} ${unit}`, limit, holds ? 'holds' : 'DOES NOT HOLD'];
  });
  return ['Goals', ...align([['', 'measured', 'bound', ''], ...rows])].join('\n');
}

function row({ letter, label, rows, whole, write, peakMegabytes }: Score): string[] {
  return [`(${letter})`, label, integer(rows), rates(whole), rates(write), peakMegabytes ? integer(peakMegabytes.median) : '-'];
}

function growthRow({ label, rows, whole, write, peakMegabytes }: Score): string[] {
  const seconds = whole === null ? '-' : secondsOf(whole.seconds);
  return [label, integer(rows), seconds, rates(whole), rates(write), peakMegabytes ? integer(peakMegabytes.median) : '-'];
}

function rates(timing: Timing | null): string {
  if (timing === null) return '-';
  const { median, min, max } = timing.rowsPerSecond;
  return `${integer(median)} (${integer(min)}..${integer(max)})`;
}

function secondsOf({ median, min, max }: Spread): string {
  return `${decimal(median, 2)} (${decimal(min, 2)}..${decimal(max, 2)})`;
}

function integer(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function decimal(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Numbers to the right, words to the left, in columns as wide as their widest cell. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const isNumber = (column: number) => rows.slice(1).every((cells) => /^[-\d]/u.test(cells[column] ?? '-')) && column > 0;
  return rows.map((cells) =>
    cells
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
