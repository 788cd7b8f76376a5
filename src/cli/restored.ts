import type { CheckedBackup } from '../backup/backup-reader.ts';
import type { RestoreTally } from '../rotation/restore.ts';
import type { Conclusion } from './conclusion.ts';
import type { Config } from './config.ts';
import { EXIT } from './exit-code.ts';
import { SCRIPT } from './help.ts';
import { listed, rowCount } from './wording.ts';

/** Says what an operator must know of a backup that is not damaged, before it is restored. */
export function backupWarnings({ header, ending }: CheckedBackup): string[] {
  const why = 'either the run that wrote it was killed, or this copy of the file is cut off';
  return [
    ...(header.formatVersion === 1 ? ['the backup has format 1, without checksums: not all damage can be detected'] : []),
    ...(ending === 'torn' ? [`the last line of the backup is torn, and is not used: ${why}`] : []),
    ...(ending === 'open' && header.formatVersion !== 1 ? [`the backup has no end line: ${why}`] : []),
  ];
}

/**
 * Judges a restore that came to its end. A dry run ends with the exit code that the restore would end with, so that
 * `restore --dry-run FILE && restore FILE` does what it says.
 */
export function restored(config: Config, tally: Readonly<RestoreTally> | null): Conclusion {
  const count = tally?.restored ?? 0;
  const details = tally === null ? [] : leftAlone(tally);
  const done = (headline: string, nextSteps: readonly string[]) => ({ exitCode: EXIT.done, headline, details, nextSteps });
  const dryRun = config.command === 'restore' && config.dryRun;
  if (dryRun) details.unshift('nothing was written');
  if (tally !== null && count === 0 && tally.alreadyRestored === 0 && tally.changed.size + tally.gone > 0) {
    return {
      exitCode: EXIT.notVerified,
      headline: `nothing ${dryRun ? 'would be' : 'was'} put back: no row holds a value of this backup`,
      details,
      nextSteps: ['check that it is the right file; of several backups, restore the newest first'],
    };
  }
  if (dryRun) {
    if (count === 0) return done('there is nothing to put back', []);
    return done(`a restore would put back ${rowCount(count)}`, ['run the same command without --dry-run']);
  }
  return done(`put back ${rowCount(count)}`, [
    `see which key the rows are under (if the new key is lost, set NEW_ENCRYPTION_KEY to any other valid key): ${SCRIPT} --dry-run`,
    'set that key in every service that reads the table, and restart them',
  ]);
}

/** Says what is in the table after a restore that stopped. */
export function restoreState(tally: Readonly<RestoreTally> | null): string[] {
  return [`${rowCount(tally?.restored ?? 0)} put back so far`];
}

/** Says what became of the rows that a restore did not write. */
function leftAlone({ alreadyRestored, gone, changed }: Readonly<RestoreTally>): string[] {
  const others =
    changed.size === 1 ? 'holds a value that is not in the backup, and was' : 'hold values that are not in the backup, and were';
  return [
    ...(alreadyRestored > 0 ? [`${rowCount(alreadyRestored)} held the value of the backup already`] : []),
    ...(gone > 0
      ? [`${rowCount(gone)} ${gone === 1 ? 'was' : 'were'} not found by id: deleted, or hidden by a damaged index`]
      : []),
    ...(changed.size > 0 ? [`${rowCount(changed.size)} ${others} left alone`] : []),
    ...listed([...changed].map((id) => `row ${id}: left alone`)),
  ];
}
