import path from 'node:path';
import { newFileProblem } from '../terminal/new-file.ts';
import { refuse, UsageError } from '../text/problem.ts';
import type { Given } from './command.ts';

/** What is printed, and into which files. */
export interface OutputPlan {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  /** File for the JSON report. */
  readonly report: string | null;
  /** File for the backup. */
  readonly backup: string | null;
}

/** @throws UsageError with every problem */
export async function readOutputPlan(given: Given): Promise<OutputPlan> {
  const [report, backup] = [given.value('report'), given.value('backup')];
  const [verbose, quiet] = [given.has('verbose'), given.has('quiet')];
  if (verbose && quiet) refuse('--quiet and --verbose contradict each other', 'leave one out');
  const problems = [
    report === null ? null : newFileProblem('--report', report),
    backup === null ? null : newFileProblem('--backup', backup),
  ].filter((problem) => problem !== null);
  if (report !== null && backup !== null && path.resolve(report) === path.resolve(backup)) {
    problems.push({ message: '--report and --backup name the same file', hint: 'name two different files' });
  }
  if (problems.length > 0) throw new UsageError(problems);
  return { json: given.has('json'), verbose, quiet, report, backup };
}

/** How to repeat a command: nothing is ever overwritten, so its files need new names. */
export function repeated(
  { report, backup }: Pick<OutputPlan, 'report' | 'backup'>,
  how: 'again' | 'without --dry-run' = 'again',
): string {
  const named = [backup === null ? [] : ['--backup'], report === null ? [] : ['--report']].flat();
  const others = named.length === 0 ? '' : ` with ${named.map((flag) => `another ${flag} file`).join(' and ')}`;
  return `run the same command ${how}${others}`;
}
