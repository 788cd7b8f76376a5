import { BackupError } from '../backup/backup-format.ts';
import { DatabaseError, RotationRunning } from '../database/database-error.ts';
import { EXIT, type ExitCode, Interrupted } from './exit-code.ts';
import { bugHeadline } from './wording.ts';

interface Stop {
  readonly exitCode: ExitCode;
  readonly headline: string;
  readonly nextSteps: readonly string[];
}

/**
 * Says what an error that stopped a run means.
 *
 * @param runAgain - how this run is gone on with
 */
export function stoppedBy(cause: unknown, runAgain: string): Stop {
  if (cause instanceof Interrupted) return { exitCode: EXIT[cause.signal], headline: cause.message, nextSteps: [runAgain] };
  if (cause instanceof DatabaseError || cause instanceof BackupError) {
    return {
      exitCode: EXIT.database,
      headline: cause.message,
      nextSteps: cause.hint === null ? [runAgain] : [cause.hint, `then ${runAgain}`],
    };
  }
  if (cause instanceof RotationRunning) {
    return {
      exitCode: EXIT.alreadyRunning,
      headline: cause.message,
      nextSteps: [cause.hint, 'then run the same command again'],
    };
  }
  return { exitCode: EXIT.bug, headline: bugHeadline(cause), nextSteps: ['report it with this line', runAgain] };
}
