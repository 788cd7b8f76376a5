import type { Unreadable } from '../rotation/judge.ts';
import type { Census, UnreadableRow } from '../rotation/survey.ts';
import type { RowProblem } from '../rotation/write-batch.ts';

/** Ids that are listed for a person; the JSON report has more, and `--verbose` prints all. */
const LISTED = 20;

export function rowCount(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

export function rowProblem(why: RowProblem): string {
  switch (why.kind) {
    case 'malformed':
      return `its ${why.column} is malformed: ${why.problem}`;
    case 'not-authentic':
      return 'it is not authentic under either key';
    case 'conflicts':
      return `gave up after ${why.attempts} conflicting writes: the value keeps changing, or a trigger or rule reverts it`;
    default:
      return why satisfies never;
  }
}

export function unreadableReason(why: Unreadable): string {
  return why.kind === 'malformed' ? `${why.column} malformed: ${why.problem}` : 'not authentic';
}

/** Says in a line what a survey found. */
export function censusLine({ rows, under, unreadable }: Census): string {
  const parts = [`${under.old} under the old key`, `${under.new} under the new key`, `${unreadable} unreadable`];
  const found = parts.filter((part) => !part.startsWith('0 '));
  return [rowCount(rows), ...found].join(', ').replace(', ', ': ');
}

/** Says what is likely the cause where rows open under neither key. */
export function unreadableHeadline({ rows, unreadable, unreadableRows }: Census): string {
  if (unreadable < rows) return `${unreadable} of ${rowCount(rows)} ${unreadable === 1 ? 'opens' : 'open'} under neither key`;
  const cause = unreadableRows.every(({ why }) => why.kind === 'not-authentic') ? ': wrong keys or wrong database' : '';
  return `neither key opens any of ${rowCount(rows)}${cause}`;
}

/** @param count - how many there are; `rows` are the first of them */
export function listUnreadable(count: number, rows: readonly UnreadableRow[]): string[] {
  return listed(
    rows.map(({ id, why }) => `row ${id}: ${unreadableReason(why)}`),
    count,
  );
}

/** The first lines of a list, and how many more there are. */
export function listed(lines: readonly string[], total: number = lines.length): string[] {
  const shown = lines.slice(0, LISTED);
  return total > shown.length ? [...shown, `and ${total - shown.length} more`] : shown;
}

/** Names an error that nobody expected, and where it came from; not its message, which may quote a value. */
export function bugHeadline(error: unknown): string {
  if (!(error instanceof Error)) return `a bug in the tool: ${typeof error}`;
  const [place] = /(?<=^ {4}at ).*$/mu.exec(error.stack ?? '') ?? [];
  return `a bug in the tool: ${error.name}${place === undefined ? '' : ` at ${place}`}`;
}
