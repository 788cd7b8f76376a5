import type { KeyName } from '../rotation/judge.ts';
import type { Config } from './config.ts';
import { SCRIPT } from './help.ts';

/** A backup is never written over, so a run that goes on needs a new one. */
export function howToGoOn(config: Config): string {
  if (config.command === 'verify') return 'run the same command again';
  const other = config.command === 'rotate' && config.backup !== null ? ' with another --backup file' : '';
  return `run the same command again${other}: it goes on where it stopped`;
}

/**
 * What an operator does once every row is under the target key, in this order.
 *
 * @param continued - an earlier run rotated some of the rows, so its backup is needed as well
 */
export function afterRotation(config: Config, target: KeyName, continued: boolean): string[] {
  return [
    ...intoServices(target),
    ...(target === 'new' ? [`check once more: ${SCRIPT} verify`] : []),
    ...keepBackup(config, continued),
    `retire the ${target === 'new' ? 'old' : 'new'} key once no backup needs it any more`,
  ];
}

/** The same where some rows open under neither key: nothing is to be retired, and a verification would not succeed. */
export function afterRotationOfOthers(config: Config, target: KeyName, continued: boolean): string[] {
  return [
    ...intoServices(target),
    ...keepBackup(config, continued),
    'repair or delete the unreadable rows; until then keep every key that they may be under',
  ];
}

function intoServices(target: KeyName): string[] {
  return [`set the ${target} key in every service that reads the table, and restart them`];
}

function keepBackup(config: Config, continued: boolean): string[] {
  const backup = config.command === 'rotate' ? config.backup : null;
  if (backup === null) return [];
  const until = 'until you retire the key: with';
  return [
    continued
      ? `keep ${backup} and the backups of the runs before ${until} all of them, the newest first, restore undoes the rotation without any key`
      : `keep ${backup} ${until} it, restore undoes this run without any key`,
  ];
}
