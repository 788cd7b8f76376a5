import { BackupError } from '../backup/backup-error.ts';
import { DatabaseError, LockGone, RotationRunning } from '../database/database-error.ts';
import type { Durability } from '../rotation/result.ts';
import type { FoundAgain } from '../rotation/write-failure.ts';
import type { Conclusion } from './conclusion.ts';
import { EXIT, Interrupted } from './exit-code.ts';
import { bugHeadline, listed } from './wording.ts';

type Stop = Omit<Conclusion, 'details'>;

/**
 * Says what an error that stopped a run means.
 *
 * @param runAgain - how to continue this run
 */
export function stoppedBy(cause: unknown, runAgain: string): Stop {
  if (cause instanceof Interrupted) return { exitCode: EXIT[cause.signal], headline: cause.message, nextSteps: [runAgain] };
  if (cause instanceof DatabaseError || cause instanceof BackupError || cause instanceof RotationRunning) {
    const exitCode = cause instanceof RotationRunning ? EXIT.alreadyRunning : EXIT.database;
    const nextSteps = cause.hint === null ? [runAgain] : [cause.hint, `then ${runAgain}`];
    return { exitCode, headline: cause.message, nextSteps };
  }
  return {
    exitCode: EXIT.bug,
    headline: bugHeadline(cause),
    nextSteps: ['please report this bug, and include the error and location above', runAgain],
  };
}

/**
 * Says what is known about the rows of a write that failed.
 *
 * @param rowName - names a row by its id
 * @param either - what a row holds if nothing is known about it
 */
export function inDoubt(cause: unknown, found: FoundAgain, rowName: (id: string) => string, either: string): string[] {
  const refused = isRefused(cause);
  const soFar = refused ? '' : ' yet, but the server may still be executing the write';
  return listed([
    ...found.written.map((id) => `${rowName(id)} was read again: it was written`),
    ...found.notWritten.map((id) => `${rowName(id)} was read again: it was not written${soFar}`),
    ...found.unknown.map((id) =>
      refused
        ? `${rowName(id)} was not written: the server refused the write (the row could not be read again)`
        : `${rowName(id)} could not be read again: ${either}`,
    ),
  ]);
}

/**
 * Says what a crash of the server can undo, of what was written.
 *
 * @param causes - of all that failed
 * @param onDisk - of the run that stopped
 * @param values - what was written, as `these rows`
 * @param again - what then becomes of it
 */
export function undone(causes: readonly unknown[], onDisk: Durability, values: string, again: string): string[] {
  if (onDisk === 'unknown') {
    const unconfirmed = `the tool could not confirm that all of ${values} are on the disk of the server`;
    return [`${unconfirmed}: if that crashed, or crashes now, or a standby takes its place, the last of them ${again}`];
  }
  return onDisk === 'flushed' && causes.some(isLost)
    ? [`if the server crashed during this run, or a standby took its place, the last of ${values} ${again}`]
    : [];
}

/** Whether the server was lost without an answer, or is not the one that it was: if it crashed, it may have undone commits. */
function isLost(cause: unknown): boolean {
  return cause instanceof DatabaseError && (!cause.refused || cause instanceof LockGone);
}

/** Whether the server itself said that the write failed: without its answer, the write may take effect even after the rows were read again. */
export function isRefused(cause: unknown): boolean {
  return cause instanceof DatabaseError && cause.refused;
}
