import type { NamedKey } from '../../report/report.ts';
import { isRefused } from '../../report/stopped-by.ts';
import { rowCount } from '../../report/wording.ts';
import type { Census } from '../../rotation/census.ts';
import type { Reached } from '../../rotation/result.ts';
import type { RotatePlan } from './plan.ts';

/** @returns how many rows are under keys of each role */
export function countRoles({ under }: Census, keys: readonly NamedKey[]): Readonly<Record<NamedKey['role'], number>> {
  const count = (role: NamedKey['role']) =>
    keys.filter((key) => key.role === role).reduce((sum, { fingerprint }) => sum + (under.get(fingerprint) ?? 0), 0);
  return { target: count('target'), source: count('source') };
}

/**
 * Says what is in the table after a run that stopped: counted from the last full survey and the writes since, as nothing is read any more.
 *
 * @param unread - rows of a failed write that could not be read again
 * @param cause - why it failed
 */
export function tableState(
  reached: Reached,
  { target, source }: RotatePlan,
  keys: readonly NamedKey[],
  unread: number,
  cause: unknown = null,
): string[] {
  const open = cause !== null && !isRefused(cause);
  if (reached.kind === 'nothing-counted') return ['nothing was written'];
  const { last, tallyThen, tally } = reached;
  if (tally.rotated === 0 && !open) return ['nothing was written in this run'];
  const unknown = open ? unread : 0;
  const under = countRoles(last, keys);
  const moved = tally.rotated + tally.alreadyRotated - tallyThen.rotated - tallyThen.alreadyRotated;
  const left = under.source - moved - (tally.gone - tallyThen.gone) - unknown;
  const either = unknown > 0 ? `, ${unknown} under one of the two` : '';
  return [
    `${rowCount(tally.rotated)} rotated in this run`,
    left < 0
      ? 'more rows were rotated than the last count found: others were added during the run'
      : `${rowCount(under.target + moved)} under the ${target} key, ${left} still under the ${source} key${either}`,
    ...(tally.conflicts > 0 || left < 0 ? ['an application wrote to the table meanwhile: --dry-run counts the rows again'] : []),
  ];
}
