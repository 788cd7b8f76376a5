import { recipientProblems } from '../../escrow/recipients.ts';
import { MOST_SHARES } from '../../escrow/share.ts';
import { folderProblem } from '../../terminal/file-problem.ts';
import { type Problem, UsageError } from '../../text/problem.ts';
import type { Given } from '../command.ts';

/** How a key is split, and for whom. */
export interface SplitPlan {
  readonly threshold: number;
  /** Of the custodians, in the order of the command line. */
  readonly recipients: readonly string[];
  readonly folder: string;
}

/** @throws UsageError with every problem, which quotes no recipient */
export async function readSplitPlan(given: Given): Promise<SplitPlan> {
  const [thresholdText, folder] = [given.value('threshold'), given.value('out')];
  const recipients = given.values('to').flatMap((value) => value.split(/\s+/u).filter((each) => each !== ''));
  const problems = [
    thresholdText === null ? missing('threshold', 'say how many shares give the key back, such as --threshold 3') : null,
    thresholdText === null ? null : thresholdProblem(thresholdText, recipients.length),
    recipients.length === 0 ? missing('to', 'name the custodians: --to age1…, for each of them') : null,
    recipients.length > MOST_SHARES ? tooMany(recipients.length) : null,
    ...(recipients.length > MOST_SHARES ? [] : await recipientProblems(recipients)),
    folder === null ? missing('out', 'name a folder for the files') : folderProblem('--out', folder),
  ].filter((problem) => problem !== null);
  if (problems.length > 0) throw new UsageError(problems);
  return { threshold: Number(thresholdText), recipients, folder: folder ?? '' };
}

function missing(flag: string, hint: string): Problem {
  return { message: `--${flag} is missing`, hint };
}

function thresholdProblem(text: string, custodians: number): Problem | null {
  if (!/^[1-9][0-9]{0,2}$/u.test(text))
    return { message: `--threshold is not a whole number from 1 to ${MOST_SHARES}`, hint: 'such as --threshold 3' };
  if (custodians === 0 || Number(text) <= custodians) return null;
  const named = custodians === 1 ? 'one custodian' : `${custodians} custodians`;
  return {
    message: `--threshold is ${text}, but --to names ${named}`,
    hint: 'nobody could recover the key: name more custodians, or lower it',
  };
}

function tooMany(custodians: number): Problem {
  return { message: `--to names ${custodians} custodians`, hint: `a key has ${MOST_SHARES} shares at the most` };
}
