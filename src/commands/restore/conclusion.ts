import type { CheckedBackup } from '../../backup/backup-reader.ts';
import { type Conclusion, done, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { type FieldOutcome, NOTHING_KNOWN, type Outcome } from '../../report/report.ts';
import { inDoubt, stoppedBy, undone } from '../../report/stopped-by.ts';
import type { Words } from '../../report/total.ts';
import { listed, verb } from '../../report/wording.ts';
import type { RestoreEnding, RestoreTally } from '../../rotation/result.ts';
import { repeated } from '../output-plan.ts';

/** Ids listed in the report. */
const IDS_LISTED = 1000;

/** Says what an operator must know about an undamaged backup before it is restored. */
export function backupWarnings({ header, ending }: CheckedBackup): string[] {
  const why = 'the run that wrote it was killed or could not write on, or this copy of the file is truncated';
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
export function conclude(
  ending: RestoreEnding,
  dryRun: boolean,
  { report }: { readonly report: string | null },
  words: Words,
): Conclusion {
  const files = { report, backup: null };
  const runAgain = `${repeated(files)}: it continues where it stopped`;
  switch (ending.kind) {
    case 'restored':
      return restored(ending.reached, dryRun ? repeated(files, 'without --dry-run') : null, words);
    case 'write-in-doubt': {
      const stop = stoppedBy(ending.cause, runAgain);
      const rows = inDoubt(
        ending.cause,
        ending.found,
        (id) => words.rowName(ending.field, id),
        'it holds either the old or the rotated value',
      );
      return { ...stop, headline: `a write failed: ${stop.headline}`, details: [...rows, ...soFar(ending, words)] };
    }
    case 'stopped': {
      const details = dryRun || ending.phase === null ? ['nothing was written'] : soFar(ending, words);
      return { ...stoppedBy(ending.cause, dryRun ? repeated(files) : runAgain), details };
    }
    default:
      return ending satisfies never;
  }
}

/** What the report says about the end of a restore. */
export function outcome(ending: RestoreEnding): Outcome {
  const fields = ending.reached.map(({ field, changed, ...counts }): [string, FieldOutcome] => [
    field,
    { ...NOTHING_KNOWN, restore: { ...counts, changed: changed.size, changedIds: [...changed].slice(0, IDS_LISTED) } },
  ]);
  return { ending: ending.kind, doubt: null, unregistered: [], notYet: [], fields: new Map(fields) };
}

/** What became of the rows of all fields. */
function sum(tallies: readonly RestoreTally[], count: (tally: RestoreTally) => number): number {
  return tallies.reduce((total, tally) => total + count(tally), 0);
}

/** @param forReal - how to do what a dry run has tried; null if it was no dry run */
function restored(tallies: readonly RestoreTally[], forReal: string | null, words: Words): Conclusion {
  const dryRun = forReal !== null;
  const count = sum(tallies, (tally) => tally.restored);
  const alreadyRestored = sum(tallies, (tally) => tally.alreadyRestored);
  const others = sum(tallies, ({ changed, gone }) => changed.size + gone);
  const details = [...(dryRun ? ['nothing was written'] : []), ...leftAlone(tallies, dryRun, words)];
  if (count === 0 && alreadyRestored === 0 && others > 0) {
    return {
      exitCode: EXIT.notVerified,
      headline: `nothing ${dryRun ? 'would be' : 'was'} put back: no row holds a value from this backup`,
      details,
      nextSteps: ['check that it is the right file; if there are several backups, restore the newest first'],
    };
  }
  if (forReal !== null) {
    if (count === 0) return done('there is nothing to put back', details, []);
    return done(`a restore would put back ${words.count(count)}`, details, [forReal]);
  }
  const nextSteps = [
    `see which key the ${words.noun}s are under (--dry-run needs two keys: if the new one is lost, put a key that generate-key prints in its place): ${typed('--dry-run')}`,
    `set that key in every service that reads ${words.place}, and restart them`,
  ];
  if (count + others === 0) return done('there was nothing to put back', details, nextSteps);
  const except = others === 0 ? '' : `; ${others} ${verb(others, 'other was', 'others were')} not put back`;
  return done(`put back ${words.count(count)}${except}`, details, nextSteps);
}

function soFar(
  { cause, reached, onDisk }: Extract<RestoreEnding, { kind: 'stopped' | 'write-in-doubt' }>,
  { count, noun }: Words,
): string[] {
  const done = sum(reached, ({ restored: put }) => put);
  return [
    `${count(done)} put back so far`,
    ...(done > 0 ? undone([cause], onDisk, `these ${noun}s`, 'may hold the rotated value again') : []),
  ];
}

/** Says what became of the rows that a restore did not write, or would not. */
function leftAlone(tallies: readonly RestoreTally[], dryRun: boolean, { count, rowName, noun }: Words): string[] {
  const alreadyRestored = sum(tallies, (tally) => tally.alreadyRestored);
  const gone = sum(tallies, (tally) => tally.gone);
  const changed = tallies.flatMap((tally) => [...tally.changed].map((id) => rowName(tally.field, id)));
  const left = dryRun ? 'would be left alone' : verb(changed.length, 'was left alone', 'were left alone');
  const since = verb(changed.length, 'has changed', 'have changed');
  const already =
    noun === 'row'
      ? 'already held the value from the backup'
      : verb(alreadyRestored, 'was already as in the backup', 'were already as in the backup');
  const why = 'put back earlier, or never rotated';
  const notFound = `${count(gone)} ${verb(gone, 'was', 'were')} not found by id: deleted, or hidden by a damaged index`;
  return [
    ...(alreadyRestored > 0 ? [`${count(alreadyRestored)} ${already}: ${why}`] : []),
    ...(gone > 0 ? [notFound] : []),
    ...(changed.length > 0 ? [`${count(changed.length)} ${since} since the backup, and ${left}`] : []),
    ...listed(changed.map((row) => `${row}: has changed`)),
  ];
}
