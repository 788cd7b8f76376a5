import type { ExitCode } from '../report/exit-code.ts';
import { stoppedBy } from '../report/stopped-by.ts';
import type { Output } from '../terminal/output.ts';
import { UsageError } from '../text/problem.ts';
import type { Host } from './command.ts';

/**
 * Prints what stopped a command that has no report.
 *
 * @throws the error itself if it is a UsageError, which is printed elsewhere
 */
export function tellStopped(error: unknown, { interruption }: Host, output: Output): ExitCode {
  if (error instanceof UsageError) throw error;
  const cause: unknown = interruption.aborted ? interruption.reason : error;
  const { exitCode, headline, nextSteps } = stoppedBy(cause, 'run the same command again');
  output.error({ message: headline, hint: nextSteps.join('; ') });
  return exitCode;
}
