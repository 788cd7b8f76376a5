import type { NamedKey } from '../../report/report.ts';
import { rowCount } from '../../report/wording.ts';
import { type Census, countUnder } from '../../rotation/census.ts';
import type { Reached } from '../../rotation/result.ts';
import type { RotatePlan } from './plan.ts';

/** @returns how many rows are under the keys of a role */
export function countRole(census: Census, keys: readonly NamedKey[], role: NamedKey['role']): number {
  return countUnder(
    census,
    keys.filter((key) => key.role === role),
  );
}

/**
 * Says what is in the table after a run that stopped: calculated from the last full survey and the writes since, without reading again.
 *
 * @param unread - rows of a write that the server may still be executing, and that could not be read again; null if there is no such write
 */
export function tableState(
  reached: Reached,
  { target, source }: RotatePlan,
  keys: readonly NamedKey[],
  unread: number | null,
): string[] {
  if (reached.kind === 'nothing-counted') return ['nothing was written'];
  const { last, tallyThen, tally } = reached;
  if (tally.rotated === 0 && unread === null) return ['nothing was written in this run'];
  const unknown = unread ?? 0;
  const moved = tally.rotated + tally.alreadyRotated - tallyThen.rotated - tallyThen.alreadyRotated;
  const left = countRole(last, keys, 'source') - moved - (tally.gone - tallyThen.gone) - unknown;
  const either = unknown > 0 ? `, ${unknown} under one of the two` : '';
  return [
    `${rowCount(tally.rotated)} rotated in this run`,
    left < 0
      ? 'more rows were rotated than the last count found: rows were added during the run'
      : `${rowCount(countRole(last, keys, 'target') + moved)} under the ${target} key, ${left} still under the ${source} key${either}`,
    ...(tally.conflicts > 0 || left < 0
      ? ['an application wrote to the table during the run: count the rows again with --dry-run']
      : []),
  ];
}
