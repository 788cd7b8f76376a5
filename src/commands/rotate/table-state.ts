import type { KeyWords } from '../../report/key-words.ts';
import type { NamedKey } from '../../report/report.ts';
import { undone } from '../../report/stopped-by.ts';
import { countRole, type Words } from '../../report/total.ts';
import type { Reached, RotateEnding, Tally } from '../../rotation/result.ts';

/**
 * Says what is in the tables after a run that stopped: calculated from the last full survey and the writes since, without reading again.
 *
 * @param unread - rows of a write that the server may still be executing, and that could not be read again; null if there is no such write
 */
export function tableState(
  reached: readonly Reached[],
  { target, aSource, either: one }: KeyWords,
  keys: readonly NamedKey[],
  { count, noun, place }: Words,
  unread: number | null,
): string[] {
  if (reached.length === 0) return ['nothing was written'];
  const tally = sum(reached.map((field) => field.tally));
  const tallyThen = sum(reached.map((field) => field.tallyThen));
  if (tally.rotated + tally.named === 0 && unread === null) return ['nothing was written in this run'];
  const unknown = unread ?? 0;
  const under = (role: NamedKey['role']) => reached.reduce((total, { last }) => total + countRole(last, keys, role), 0);
  const moved = movedIn(tally, tallyThen);
  const left = under('source') - moved - (tally.gone - tallyThen.gone) - unknown;
  // In one field more may be gone from the source key than was there, whatever is left in the others.
  const added =
    left < 0 || reached.some((field) => countRole(field.last, keys, 'source') < movedIn(field.tally, field.tallyThen));
  const either = unknown > 0 ? `, ${unknown} under ${one}` : '';
  return [
    `${count(tally.rotated)} rotated in this run`,
    added
      ? `more ${noun}s were rotated than the last count found: rows were added during the run`
      : `${count(under('target') + moved)} under ${target}, ${left} still under ${aSource}${either}`,
    ...(tally.conflicts > 0 || added
      ? [`an application wrote to ${place} during the run: count the ${noun}s again with --dry-run`]
      : []),
  ];
}

/** Says what a crash of the server can undo, of the rows that were written. @param causes - of all that failed */
export function mayBeUndone(
  { reached, onDisk }: Extract<RotateEnding, { readonly onDisk: unknown }>,
  causes: readonly unknown[],
  { aSource }: KeyWords,
  { noun }: Words,
): string[] {
  const hasWritten = reached.some(({ tally }) => tally.rotated + tally.named > 0);
  return hasWritten ? undone(causes, onDisk, `these ${noun}s`, `may be under ${aSource} again`) : [];
}

function movedIn(now: Tally, then: Tally): number {
  return now.rotated + now.alreadyRotated - then.rotated - then.alreadyRotated;
}

function sum(tallies: readonly Tally[]): Tally {
  const add = (count: (tally: Tally) => number) => tallies.reduce((total, tally) => total + count(tally), 0);
  return {
    rotated: add(({ rotated }) => rotated),
    conflicts: add(({ conflicts }) => conflicts),
    gone: add(({ gone }) => gone),
    alreadyRotated: add(({ alreadyRotated }) => alreadyRotated),
    named: add(({ named }) => named),
  };
}
