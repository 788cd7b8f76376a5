import { DatabaseError } from '../database/database-error.ts';
import type { KeyName, Unreadable } from '../rotation/judge.ts';
import type { RestoreTally } from '../rotation/restore.ts';
import type { RunResult } from '../rotation/run.ts';
import type { Census } from '../rotation/survey.ts';
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
      return `its value changed ${why.attempts} times while it was being rotated`;
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

/** Says how likely causes look when rows open under neither key. */
export function unreadableHeadline({ rows, unreadable }: Census): string {
  if (unreadable === rows) return `neither key opens any of ${rowCount(rows)}: wrong keys or wrong database`;
  return `${unreadable} of ${rowCount(rows)} ${unreadable === 1 ? 'opens' : 'open'} under neither key`;
}

export function listUnreadable({ unreadableRows, unreadable }: Census): string[] {
  return listed(
    unreadableRows.map(({ id, why }) => `row ${id}: ${unreadableReason(why)}`),
    unreadable,
  );
}

/** The first lines of a list, and how many more there are. */
export function listed(lines: readonly string[], total: number = lines.length): string[] {
  const shown = lines.slice(0, LISTED);
  return total > shown.length ? [...shown, `and ${total - shown.length} more`] : shown;
}

/** Whether the server itself said that the write failed: without its answer the write may come even after the rows were read again. */
export function isRefused({ cause }: { readonly cause: unknown }): boolean {
  return cause instanceof DatabaseError && cause.refused;
}

/** Says what is in the table after a run that stopped: counted from the preflight and the writes, since nothing is read any more. */
export function tableState({ before, tally, ending }: RunResult, target: KeyName): string[] {
  const inDoubt = ending.kind === 'write unanswered' && (ending.found.unknown.length > 0 || !isRefused(ending));
  if (before === null || (tally.rotated === 0 && !inDoubt)) return ['nothing was written'];
  const source: KeyName = target === 'new' ? 'old' : 'new';
  const moved = tally.rotated + tally.alreadyRotated;
  const remaining = Math.max(0, before.under[source] - moved - tally.gone);
  return [
    `${rowCount(tally.rotated)} rotated in this run`,
    `${rowCount(before.under[target] + moved)} under the ${target} key, ${remaining} still under the ${source} key`,
  ];
}

/** Names an error that nobody expected, and where it came from; not its message, which may quote a value. */
export function bugHeadline(error: unknown): string {
  if (!(error instanceof Error)) return `a bug in the tool: ${typeof error}`;
  const [place] = /(?<=^ {4}at ).*$/mu.exec(error.stack ?? '') ?? [];
  return `a bug in the tool: ${error.name}${place === undefined ? '' : ` at ${place}`}`;
}

/** Says what became of the rows that a restore did not write. */
export function restoreDetails({ alreadyRestored, gone, changed }: RestoreTally): string[] {
  const details = [`${rowCount(alreadyRestored)} held the value of the backup already`];
  if (gone > 0) details.push(`${rowCount(gone)} deleted since the rotation`);
  if (changed.size > 0) {
    details.push(`${rowCount(changed.size)} changed since the rotation, and left alone`);
    details.push(...listed([...changed].map((id) => `row ${id}: left alone`)));
  }
  return details;
}
