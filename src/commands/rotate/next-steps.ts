import { typed } from '../../report/conclusion.ts';
import type { Census } from '../../rotation/census.ts';
import type { RotatePlan } from './plan.ts';

/** More unreadable rows than this are unlikely to be separate accidents. */
const MANY = 10;

/**
 * What an operator does once every row is under the target key, in this order.
 *
 * @param continued - an earlier run rotated some of the rows, so its backup is needed as well
 */
export function afterRotation(plan: RotatePlan, continued: boolean): string[] {
  return [
    ...intoServices(plan),
    ...(plan.target === 'new' ? [`check once more: ${typed('verify')}`] : []),
    ...keepBackup(plan, continued),
    `retire the ${plan.source} key once no other table and no backup needs it`,
  ];
}

/** The same if neither key can decrypt some rows: no key may be retired, and a verification would fail. */
export function afterRotationOfOthers(plan: RotatePlan, continued: boolean): string[] {
  return [
    ...intoServices(plan),
    ...keepBackup(plan, continued),
    'find the key of the unreadable rows, or repair or delete the rows; until then, keep every key that may decrypt them',
  ];
}

/** What to do about rows that no key can decrypt, if nothing was written. Many are rarely damaged: they are under a third key. */
export function unreadableAdvice({ rows, unreadable, unreadableRows }: Census, { dryRun, skipUnreadable }: RotatePlan): string[] {
  if (unreadable === rows && unreadableRows.every(({ why }) => why.kind === 'malformed')) {
    return ['check that the columns in prisma/schema.prisma (@map) are those of the encrypted values, and that they hold hex'];
  }
  if (unreadable === rows) return ['take the old key from a service that works, and check that DATABASE_URL names its database'];
  const find = 'find the key that decrypts them, such as that of an earlier rotation';
  const many = unreadable > MANY && unreadable > rows / 100;
  return [
    many
      ? `${find}; this many rows are unlikely to be damaged, so delete none of them`
      : `${find}; repair or delete the rows only if no key does`,
    dryRun && skipUnreadable
      ? 'or run the same command without --dry-run: it rotates all the others'
      : 'or rotate all the others with --skip-unreadable',
  ];
}

function intoServices({ target }: RotatePlan): string[] {
  return [`set the ${target} key in every service that reads the table, and restart them`];
}

function keepBackup({ backup, source }: RotatePlan, continued: boolean): string[] {
  if (backup === null) return [];
  return [
    continued
      ? `keep ${backup} and the backups of the earlier runs until you retire the ${source} key: restore can undo the rotation from these files, newest first, without any key`
      : `keep ${backup} until you retire the ${source} key: restore can undo this run from that file, without any key`,
  ];
}
