import type { Conclusion } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { nothingThere, type Words, withoutValue } from '../../report/total.ts';
import { listed, verb } from '../../report/wording.ts';
import type { Due } from './due.ts';
import type { Status } from './keys.ts';
import { nextSteps } from './next-steps.ts';
import type { Step } from './steps.ts';
import { allCalled, called } from './words.ts';

/** Says where the rotation is, and what is due. */
export function conclude(status: Status, step: Step, due: readonly Due[], words: Words): Conclusion {
  const { counts } = status;
  const [only] = due;
  const details = [
    ...(due.length > 1 ? due.map(({ message }) => message) : []),
    ...(counts.kind === 'decrypted'
      ? withoutValue(counts.total)
      : ['counted by the key ids of the rows: nothing was decrypted or proven']),
    ...(counts.kind === 'decrypted' && counts.total.uncommitted.length > 0
      ? [
          `transactions that wrote to ${words.place} are still open: what they wrote is not counted`,
          ...listed(counts.total.uncommitted.map((transaction) => `open: ${transaction}`)),
        ]
      : []),
  ];
  const next = nextSteps(step, status, due, words);
  if (only === undefined) return { exitCode: EXIT.done, headline: stateOf(step, status, words), details, nextSteps: next };
  return {
    exitCode: EXIT.notYet,
    headline: due.length > 1 ? `${due.length} things are due` : only.message,
    details,
    nextSteps: next,
  };
}

/** Says in which state the keys are, if nothing is due. */
function stateOf(step: Step, status: Status, { noun }: Words): string {
  const first = called(status.target);
  const isUnder = status.counts.kind === 'decrypted' ? 'is under' : 'names';
  const all = `every ${noun} ${isUnder} ${first}`;
  switch (step.kind) {
    case 'none':
      return `no rotation is under way: ${all}`;
    case 'prepared':
      return `${all}; ${allCalled(step.keys)} ${verb(step.keys.length, 'is', 'are')} registered and not set`;
    case 'introduced':
      return `${all}, none ${isUnder} ${allCalled(step.others)}`;
    case 'swept':
      return `${all}, none ${isUnder} ${allCalled(step.sources)} any more`;
    case 'retire':
      return `${all}; ${allCalled(step.keys)} ${verb(step.keys.length, 'is', 'are')} not retired yet`;
    case 'register':
      return `${allCalled(step.keys)} ${verb(step.keys.length, 'is', 'are')} not in the registry`;
    case 'empty':
      return status.counts.kind === 'decrypted' ? nothingThere(status.counts.total) : 'no row names a key';
    // What else there is, is due.
    default:
      return 'nothing is due';
  }
}
