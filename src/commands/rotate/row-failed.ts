import type { Conclusion } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { keyWords } from '../../report/key-words.ts';
import type { NamedKey } from '../../report/report.ts';
import type { Words } from '../../report/total.ts';
import { rowProblem } from '../../report/wording.ts';
import type { RowProblem } from '../../rotation/result.ts';
import type { Ending } from './ending.ts';
import type { RotatePlan } from './plan.ts';
import { tableState, undone } from './table-state.ts';

/** With several connections: as many later rows as single writes can be ahead, and then some. */
const BEYOND_NAMED = 20;

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
    ...(ending.beyond.length > 0 ? ['those listed below'] : []),
  ];
  const later = exceptions.length === 0 ? '' : `, except ${exceptions.join(' and ')}`;
  return {
    exitCode: EXIT.database,
    headline: `${words.rowName(ending.field, ending.id)} could not be rotated: ${rowProblem(ending.why, names)}`,
    details: [
      `the ${words.noun}s before it are rotated; no later ${words.noun} was written${later}`,
      ...writtenBeyond(ending, words),
      ...tableState(ending.reached, names, keys, words, null),
      ...undone(ending.reached, ending.why, names, words),
    ],
    nextSteps: [rowAdvice(ending.why), runAgain],
  };
}

/** Says which later rows other connections had written by then. */
export function writtenBeyond(
  { field, beyond }: Extract<Ending, { kind: 'row-failed' | 'write-in-doubt' }>,
  { noun, rowName }: Words,
): string[] {
  if (beyond.length === 0) return [];
  const named = beyond.slice(0, BEYOND_NAMED).map((id) => rowName(field, id));
  const more = beyond.length - named.length;
  const others = more === 0 ? '' : `, and ${more} more`;
  return [`later ${noun}s that other connections had written by then: ${named.join(', ')}${others}`];
}

/** The preflight could decrypt the row: it has changed since. */
function rowAdvice(why: RowProblem): string {
  return why.kind === 'conflicts'
    ? 'find out what keeps changing that row: a service, or a trigger or rule on the table'
    : 'find out what wrote that row since the run began, and with which key';
}
