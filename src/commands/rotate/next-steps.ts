import { typed } from '../../report/conclusion.ts';
import type { KeyWords } from '../../report/key-words.ts';
import type { NamedKey } from '../../report/report.ts';
import type { Total } from '../../report/total.ts';
import { verb } from '../../report/wording.ts';
import type { RotatePlan } from './plan.ts';

/** More unreadable rows than this are unlikely to be separate accidents. */
const MANY = 10;

/**
 * What an operator does once every row that any key can decrypt is under the target key, in this order. If there are others, no key may
 * be retired, and a verification would fail.
 *
 * @param continued - an earlier run rotated some of the rows, so its backup is needed as well
 * @param toRetire - the source keys that the registry does not call retired; null without a registry
 */
export function afterRotation(
  { backup, rollback, ignore }: RotatePlan,
  { target, sources, them, isAlone }: KeyWords,
  continued: boolean,
  { unreadable, place, noun }: Total,
  toRetire: readonly NamedKey[] | null,
): string[] {
  const keep = continued
    ? `keep ${backup} and the backups of the earlier runs until you are sure that you will not undo them: restore can, from these files, newest first, without any key`
    : `keep ${backup} until you are sure that you will not undo this run: restore can, from that file, without any key`;
  const ignored = ignore.length === 0 ? '' : 'column that --ignore names, no ';
  return [
    ...(isAlone ? [] : [`set ${target} in every service that reads ${place}, and restart them`]),
    ...(!rollback && unreadable === 0 ? [`check once more: ${typed('verify')}`] : []),
    ...(backup === null ? [] : [keep]),
    ...(unreadable === 0
      ? retireStep()
      : [
          `find the key of the unreadable ${noun}s, or repair or ${discard(noun)} the ${noun}s; until then, keep every key that may decrypt them`,
        ]),
  ];

  function retireStep(): string[] {
    if (isAlone) return toRetire === null ? [] : [`see what comes next: ${typed('status')}`];
    if (toRetire === null) return [`retire ${sources} once no ${ignored}other table and no backup of the database needs ${them}`];
    if (toRetire.length === 0)
      return [`take ${sources} out of the variables everywhere: ${them === 'it' ? 'it is' : 'they are'} retired`];
    const commands = toRetire.map(({ fingerprint }) => typed(`retire ${fingerprint}`)).join(', and ');
    return [`at least a day after that, retire ${sources}, so that nothing can be written under ${them} again: ${commands}`];
  }
}

/** What to do about rows that no key can decrypt, if nothing was written. Many are rarely damaged: they are under a third key. */
export function unreadableAdvice(
  { values, unreadable, unreadableRows, noun }: Total,
  { dryRun, skipUnreadable, rollback }: RotatePlan,
  { inList }: KeyWords,
): string[] {
  if (unreadable === values && unreadableRows.every(({ why }) => why.kind === 'malformed')) {
    return [
      'check that the columns in prisma/schema.prisma (@map) are those of the encrypted values, and that their templates (/// @encrypted) are right',
    ];
  }
  if (unreadable === values)
    return [
      `take the ${inList || rollback ? '' : 'old '}key from a service that works, and check that DATABASE_URL names its database`,
    ];
  const find = `find the key that decrypts ${verb(unreadable, 'it', 'them')}, such as that of an earlier rotation`;
  const many = unreadable > MANY && unreadable > values / 100;
  return [
    many
      ? `${find}; this many ${noun}s are unlikely to be damaged, so ${discard(noun)} none of them`
      : `${find}; repair or ${discard(noun)} the ${noun}${verb(unreadable, '', 's')} only if no key does`,
    dryRun && skipUnreadable
      ? 'or run the same command without --dry-run: it rotates all the others'
      : 'or rotate all the others with --skip-unreadable',
  ];
}

/** Its row may hold a value of another field, which is intact. */
function discard(noun: Total['noun']): string {
  return noun === 'row' ? 'delete' : 'clear';
}
