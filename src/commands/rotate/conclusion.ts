import { type Conclusion, done } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { keyWords } from '../../report/key-words.ts';
import type { NamedKey } from '../../report/report.ts';
import { stoppedBy } from '../../report/stopped-by.ts';
import { type Total, totalOf, unreadableHeadline, type Words, withoutValue } from '../../report/total.ts';
import { listUnreadable, verb } from '../../report/wording.ts';
import type { Compared } from '../../rotation/result.ts';
import { repeated } from '../output-plan.ts';
import type { Ending } from './ending.ts';
import { meanwhile } from './meanwhile.ts';
import { afterRotation, unreadableAdvice } from './next-steps.ts';
import { notVerified } from './not-verified.ts';
import { nothingToDo, unregistered } from './nothing-written.ts';
import type { RotatePlan } from './plan.ts';
import { mayBeUndone, tableState } from './table-state.ts';
import { rowFailed, writeInDoubt } from './write-failed.ts';

/** What the registry said of the keys before the run. */
export interface KnownKeys {
  /** The source keys that are not retired. */
  readonly toRetire: readonly NamedKey[];
  /** Whether values were found under the target key before. */
  readonly wasUsed: boolean;
}

/**
 * Says how a rotation ended.
 *
 * @param known - null without a registry, hence without the command retire
 */
export function conclude(
  ending: Ending,
  plan: RotatePlan,
  keys: readonly NamedKey[],
  words: Words,
  known: KnownKeys | null = null,
): Conclusion {
  const names = keyWords(keys);
  const again = repeated(plan);
  const runAgain = `${again}: it continues where it stopped`;
  const continued = (before: Total) => before.under(keys, 'target') > 0;
  switch (ending.kind) {
    case 'rotated': {
      const [before, after] = totals(ending.fields);
      const proof = ending.fields.every((field) => field.before.digest === field.after.digest)
        ? 'the plaintexts are the same as before'
        : 'the plaintexts are not all the same as before';
      const details = [
        `${names.target} alone decrypted ${words.count(after.values)} after the last write`,
        proof,
        ...withoutValue(after),
        ...namesSet(ending.fields, after, words),
        ...meanwhile(ending.fields, names, words),
      ];
      const steps = afterRotation(withBackup(plan, ending.fields), names, continued(before), after, known?.toRetire ?? null);
      return done(`every ${words.noun} is under ${names.target}`, details, steps);
    }
    case 'rotated-except-unreadable': {
      const [before, after] = totals(ending.fields);
      return {
        exitCode: EXIT.unreadableRows,
        headline: unreadableHeadline(after, names),
        details: [
          `${names.target} decrypts the other ${words.count(after.under(keys, 'target'))}`,
          ...withoutValue(after),
          ...listUnreadable(after.unreadable, after.unreadableRows),
          ...meanwhile(ending.fields, names, words),
        ],
        nextSteps: afterRotation(withBackup(plan, ending.fields), names, continued(before), after, null),
      };
    }
    case 'nothing-to-do':
      return nothingToDo(plan, names, totalOf(ending.fields), known?.wasUsed === true);
    case 'rehearsed': {
      const total = totalOf(ending.fields);
      const values = words.count(total.under(keys, 'source'));
      const headline = `a run would rotate ${values} to ${names.target}; no problems found`;
      const more = total.under(keys, 'source') > 0 ? ' more' : '';
      const others = total.misnamed === 0 ? [] : [`it would set the key id of ${words.count(total.misnamed)}${more}`];
      return done(headline, ['nothing was written', ...others, ...withoutValue(total)], [repeated(plan, 'without --dry-run')]);
    }
    case 'unreadable-rows': {
      const total = totalOf(ending.fields);
      return {
        exitCode: EXIT.unreadableRows,
        headline: unreadableHeadline(total, names),
        details: ['nothing was written', ...listUnreadable(total.unreadable, total.unreadableRows)],
        nextSteps: unreadableAdvice(total, plan, names),
      };
    }
    case 'unregistered':
      return unregistered(ending.values, plan);
    case 'not-verified':
      return notVerified(ending, names, runAgain);
    case 'row-failed':
      return rowFailed(ending, plan, keys, words, runAgain);
    case 'write-in-doubt':
      return writeInDoubt(ending, keys, words, runAgain);
    case 'stopped': {
      const nothing = plan.dryRun || ending.phase === null;
      const details = nothing
        ? ['nothing was written']
        : [...tableState(ending.reached, names, keys, words, null), ...mayBeUndone(ending, [ending.cause], names, words)];
      return { ...stoppedBy(ending.cause, plan.dryRun ? again : runAgain), details };
    }
    default:
      return ending satisfies never;
  }
}

/** A backup has records of rotated values alone, and its file is made with the first. */
function withBackup(plan: RotatePlan, fields: readonly Compared[]): RotatePlan {
  return fields.some(({ tally }) => tally.rotated > 0) ? plan : { ...plan, backup: null };
}

function totals(fields: readonly Compared[]): [before: Total, after: Total] {
  return [
    totalOf(fields.map(({ field, before }) => ({ field, census: before }))),
    totalOf(fields.map(({ field, after }) => ({ field, census: after }))),
  ];
}

/** Says what became of key ids that named another key. */
function namesSet(fields: readonly Compared[], after: Total, { count }: Words): string[] {
  const set = fields.reduce((sum, { tally }) => sum + tally.named, 0);
  const more = fields.some(({ tally }) => tally.rotated > 0) ? ' more' : '';
  const left = after.misnamed;
  return [
    ...(set > 0 ? [`the key id of ${count(set)}${more} was set: ${verb(set, 'it', 'they')} named another key, or none`] : []),
    ...(left > 0 ? [`${count(left)} ${verb(left, 'has', 'have')} a wrong or missing key id: run the same command again`] : []),
  ];
}
