import type { CheckedBackup } from '../../backup/backup-reader.ts';
import { type Conclusion, done, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { NOTHING_KNOWN, type Outcome } from '../../report/report.ts';
import { inDoubt, stoppedBy } from '../../report/stopped-by.ts';
import { listed, rowCount, verb } from '../../report/wording.ts';
import type { RestoreEnding, RestoreTally } from '../../rotation/result.ts';
import { repeated } from '../output-plan.ts';

/** The tally of a restore that has not begun. */
export const NONE: RestoreTally = { restored: 0, alreadyRestored: 0, gone: 0, changed: new Set() };

/** Ids listed in the report. */
const IDS_LISTED = 1000;

/** Says what an operator must know about an undamaged backup before it is restored. */
export function backupWarnings({ header, ending }: CheckedBackup): string[] {
  const why = 'either the run that wrote it was killed, or this copy of the file is truncated';
  return [
    ...(header.formatVersion === 1 ? ['the backup has format 1, without checksums: not all damage can be detected'] : []),
    ...(ending === 'torn' ? [`the last line of the backup is incomplete and will be ignored: ${why}`] : []),
    ...(ending === 'open' && header.formatVersion !== 1 ? [`the backup has no end line: ${why}`] : []),
  ];
}

/**
 * Says how a restore ended. A dry run ends with the exit code that the restore would end with, so that
 * `restore --dry-run FILE && restore FILE` does what it says.
 */
export function conclude(ending: RestoreEnding, dryRun: boolean, { report }: { readonly report: string | null }): Conclusion {
  const again = repeated({ report, backup: null });
  const runAgain = `${again}: it continues where it stopped`;
  switch (ending.kind) {
    case 'restored':
      return restored(ending.tally, dryRun, again);
    case 'write-in-doubt': {
      const stop = stoppedBy(ending.cause, runAgain);
      const rows = inDoubt(ending.cause, ending.found, 'it holds either the old or the rotated value');
      return { ...stop, headline: `a write failed: ${stop.headline}`, details: [...rows, soFar(ending.reached)] };
    }
    case 'stopped': {
      const details = dryRun || ending.phase === null ? ['nothing was written'] : [soFar(ending.reached)];
      return { ...stoppedBy(ending.cause, runAgain), details };
    }
    default:
      return ending satisfies never;
  }
}

/** What the report says about the end of a restore. */
export function outcome(ending: RestoreEnding): Outcome {
  const { changed, ...counts } = ending.kind === 'restored' ? ending.tally : ending.reached;
  const restore = { ...counts, changed: changed.size, changedIds: [...changed].slice(0, IDS_LISTED) };
  return { ending: ending.kind, doubt: null, field: { ...NOTHING_KNOWN, restore } };
}

function restored(tally: RestoreTally, dryRun: boolean, again: string): Conclusion {
  const { restored: count, alreadyRestored, gone, changed } = tally;
  const details = [...(dryRun ? ['nothing was written'] : []), ...leftAlone(tally)];
  const others = changed.size + gone;
  if (count === 0 && alreadyRestored === 0 && others > 0) {
    return {
      exitCode: EXIT.notVerified,
      headline: `nothing ${dryRun ? 'would be' : 'was'} put back: no row holds a value from this backup`,
      details,
      nextSteps: ['check that it is the right file; if there are several backups, restore the newest first'],
    };
  }
  if (dryRun) {
    if (count === 0) return done('there is nothing to put back', details, []);
    return done(`a restore would put back ${rowCount(count)}`, details, [again.replace('again', 'without --dry-run')]);
  }
  const nextSteps = [
    `see which key the rows are under (if the new key is lost, set NEW_ENCRYPTION_KEY to any other valid key): ${typed('--dry-run')}`,
    'set that key in every service that reads the table, and restart them',
  ];
  if (count + others === 0) return done('there was nothing to put back', details, nextSteps);
  const except = others === 0 ? '' : `, but not ${others} ${verb(others, 'other', 'others')}`;
  return done(`put back ${rowCount(count)}${except}`, details, nextSteps);
}

function soFar({ restored: count }: RestoreTally): string {
  return `${rowCount(count)} put back so far`;
}

/** Says what became of the rows that a restore did not write. */
function leftAlone({ alreadyRestored, gone, changed }: RestoreTally): string[] {
  const notInBackup = verb(
    changed.size,
    'holds a value that is not in the backup, and was',
    'hold values that are not in the backup, and were',
  );
  const notFound = `${rowCount(gone)} ${verb(gone, 'was', 'were')} not found by id: deleted, or hidden by a damaged index`;
  return [
    ...(alreadyRestored > 0 ? [`${rowCount(alreadyRestored)} already held the value from the backup`] : []),
    ...(gone > 0 ? [notFound] : []),
    ...(changed.size > 0 ? [`${rowCount(changed.size)} ${notInBackup} left alone`] : []),
    ...listed([...changed].map((id) => `row ${id}: left alone`)),
  ];
}
