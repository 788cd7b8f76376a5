import type { Conclusion } from '../../report/conclusion.ts';
import { EXIT, Interrupted } from '../../report/exit-code.ts';
import { type KeyWords, keyWords } from '../../report/key-words.ts';
import type { NamedKey } from '../../report/report.ts';
import { inDoubt, isRefused, stoppedBy } from '../../report/stopped-by.ts';
import type { Words } from '../../report/total.ts';
import { rowProblem } from '../../report/wording.ts';
import type { Besides, Failure, RowProblem } from '../../rotation/write-failure.ts';
import type { Ending } from './ending.ts';
import type { RotatePlan } from './plan.ts';
import { mayBeUndone, tableState } from './table-state.ts';

/** Ids that are named: as many single writes for each connection can be ahead of a row that waits, 16 times 16. */
const BEYOND_NAMED = 256;

/** Says which row could not be rotated, and what was written before and beyond it. */
export function rowFailed(
  ending: Extract<Ending, { kind: 'row-failed' }>,
  plan: RotatePlan,
  keys: readonly NamedKey[],
  words: Words,
  runAgain: string,
): Conclusion {
  const names = keyWords(keys);
  const exceptions = [
    ...(plan.batchRows > 1 ? ['possibly in the same batch'] : []),
    ...(ending.beyond.length > 0 ? ['over other connections, as said below'] : []),
  ];
  const later = exceptions.length === 0 ? '' : `, except ${exceptions.join(' and ')}`;
  return {
    exitCode: EXIT.database,
    headline: `${words.rowName(ending.field, ending.id)} could not be rotated: ${rowProblem(ending.why, names)}`,
    details: [
      `in this pass, the ${words.noun}s before it were rotated, and no later ${words.noun} was written${later}`,
      ...besides(ending, names, words),
      ...tableState(ending.reached, names, keys, words, null),
      ...mayBeUndone(ending, causesOf(ending.others), names, words),
    ],
    nextSteps: [rowAdvice(ending.why), runAgain],
  };
}

/** Says what is known of a write that failed without a certain answer, and of all rows. */
export function writeInDoubt(
  ending: Extract<Ending, { kind: 'write-in-doubt' }>,
  keys: readonly NamedKey[],
  words: Words,
  runAgain: string,
): Conclusion {
  const names = keyWords(keys);
  const stop = stoppedBy(ending.cause, runAgain);
  const inDoubt = [ending, ...ending.others.filter((failure) => failure.kind === 'write-in-doubt')];
  const pending = inDoubt.filter(({ cause }) => !isRefused(cause));
  const unread = pending.length === 0 ? null : pending.reduce((sum, { found }) => sum + found.unknown.length, 0);
  return {
    ...stop,
    headline: `a write failed: ${stop.headline}`,
    details: [
      ...rowsOf(ending, ending.field, names, words),
      ...besides(ending, names, words),
      ...tableState(ending.reached, names, keys, words, unread),
      ...mayBeUndone(ending, [ending.cause, ...causesOf(ending.others)], names, words),
    ],
  };
}

/** Says what became of the writes that were under way over other connections. */
function besides(ending: Extract<Ending, { kind: 'row-failed' | 'write-in-doubt' }>, names: KeyWords, words: Words): string[] {
  let before = ending.kind === 'write-in-doubt' ? stoppedBy(ending.cause, '').headline : null;
  const rowsFailed = ending.others.flatMap((failure) =>
    failure.kind === 'row-failed' ? rowsOf(failure, ending.field, names, words) : [],
  );
  const others = ending.others.flatMap((failure) => {
    if (failure.kind === 'row-failed') return [];
    const rows = failure.kind === 'other' ? [] : rowsOf(failure, ending.field, names, words);
    if (failure.cause instanceof Interrupted) return rows;
    const { headline } = stoppedBy(failure.cause, '');
    if (headline === before) return rows;
    before = headline;
    return [`over another connection: ${headline}`, ...rows];
  });
  return [...rowsFailed, ...others, ...writtenBeyond(ending, words)];
}

function rowsOf(failure: Exclude<Failure, { kind: 'other' }>, field: string, names: KeyWords, words: Words): string[] {
  const nameOf = (id: string) => words.rowName(field, id);
  return failure.kind === 'write-in-doubt'
    ? inDoubt(failure.cause, failure.found, nameOf, `it is under ${names.either} keys`)
    : [`${nameOf(failure.id)} could not be rotated: ${rowProblem(failure.why, names)}`];
}

function causesOf(others: readonly Failure[]): unknown[] {
  return others.flatMap((failure) => (failure.kind === 'row-failed' ? [] : [failure.cause]));
}

function writtenBeyond({ field, beyond }: Besides & { readonly field: string }, { noun, rowName }: Words): string[] {
  if (beyond.length === 0) return [];
  const named = beyond.slice(0, BEYOND_NAMED).map((id) => rowName(field, id));
  const more = beyond.length - named.length;
  const others = more === 0 ? '' : `, and ${more} more`;
  return [`later ${noun}s that were written over other connections: ${named.join(', ')}${others}`];
}

/** The preflight could decrypt the row: it has changed since. */
function rowAdvice(why: RowProblem): string {
  return why.kind === 'conflicts'
    ? 'find out what keeps changing that row: a service, or a trigger or rule on the table'
    : 'find out what wrote that row since the run began, and with which key';
}
