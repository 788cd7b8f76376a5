import type { KeyName } from '../rotation/judge.ts';
import type { Config } from './config.ts';
import { SCRIPT } from './help.ts';

/** A backup is never written over, so a run that goes on needs a new one. */
export function howToGoOn(config: Config): string {
  const other = config.command === 'rotate' && config.backup !== null ? ' with another --backup file' : '';
  return `run the same command again${other}: it goes on where it stopped`;
}

/**
 * What an operator does once every row is under the target key, in this order.
 *
 * @param continued - an earlier run rotated some of the rows, so its backup is needed as well
 */
export function afterRotation(config: Config, target: KeyName, continued: boolean): string[] {
  const backup = config.command === 'rotate' ? config.backup : null;
  const undo = continued
    ? `keep ${backup} and the backups of the runs before until then: with all of them, restore undoes the rotation without any key`
    : `keep ${backup} until then: with it, restore undoes this run without any key`;
  return [
    `set the ${target} key in every service that reads the table, and restart them`,
    ...(target === 'new' ? [`check once more: ${SCRIPT} verify`] : []),
    ...(backup === null ? [] : [undo]),
    `retire the ${target === 'new' ? 'old' : 'new'} key once no backup needs it any more`,
  ];
}
