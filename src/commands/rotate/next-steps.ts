import { typed } from '../../report/conclusion.ts';
import type { Census } from '../../rotation/census.ts';
import type { RotatePlan } from './plan.ts';

/** Unreadable rows, from where on they are hardly single accidents. */
const MANY = 10;

/**
 * What an operator does once every row that any key can decrypt is under the target key, in this order. If there are others, nothing is
 * to be retired, and a verification would not succeed.
 *
 * @param continued - an earlier run rotated some of the rows, so its backup is needed as well
 */
export function afterRotation({ backup, source, target }: RotatePlan, continued: boolean, unreadable: number): string[] {
  const keep = continued
    ? `keep ${backup} and the backups of the earlier runs until you retire the ${source} key: with all of them, newest first, restore undoes the rotation without any key`
    : `keep ${backup} until you retire the ${source} key: with it, restore undoes this run without any key`;
  return [
    `set the ${target} key in every service that reads the table, and restart them`,
    ...(target === 'new' && unreadable === 0 ? [`check once more: ${typed('verify')}`] : []),
    ...(backup === null ? [] : [keep]),
    unreadable === 0
      ? `retire the ${source} key once no other table and no backup needs it any more`
      : 'find the key of the unreadable rows, or repair or delete them; until then keep every key that they may be under',
  ];
}

/** What to do about rows that no key can decrypt, where nothing was written. Many are rarely damaged: a third key is in play. */
export function unreadableAdvice({ rows, unreadable, unreadableRows }: Census, { dryRun, skipUnreadable }: RotatePlan): string[] {
  if (unreadable === rows && unreadableRows.every(({ why }) => why.kind === 'malformed')) {
    return ['check that the columns in prisma/schema.prisma (@map) are those of the encrypted values, and that they hold hex'];
  }
  if (unreadable === rows) return ['take the old key from a service that works, and check that DATABASE_URL names its database'];
  const find = 'find the key that they are under, for instance that of an earlier rotation';
  const many = unreadable > MANY && unreadable > rows / 100;
  return [
    many
      ? `${find}; this many rows are unlikely to be damaged, so delete none of them`
      : `${find}; repair or delete them only if there is none`,
    dryRun && skipUnreadable
      ? 'or run the same command without --dry-run: it rotates all the others'
      : 'or rotate all the others with --skip-unreadable',
  ];
}
