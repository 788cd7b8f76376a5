import type { KeyName } from '../rotation/judge.ts';
import type { RunResult } from '../rotation/run.ts';
import type { Census } from '../rotation/survey.ts';
import { type Config, KEY_VARIABLE } from './config.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { SCRIPT } from './help.ts';
import { afterRotation, afterRotationOfOthers, howToGoOn } from './next-steps.ts';
import { notVerified } from './not-verified.ts';
import { restored, restoreState } from './restored.ts';
import { stoppedBy } from './stopped-by.ts';
import { tableState, unanswered } from './unanswered.ts';
import { listUnreadable, rowCount, rowProblem, unreadableHeadline } from './wording.ts';

/** How a run ended, in words for a person and in a code for a script. */
export interface Conclusion {
  readonly exitCode: ExitCode;
  readonly headline: string;
  /** What state the table is in. */
  readonly details: readonly string[];
  /** What to do, in this order. */
  readonly nextSteps: readonly string[];
}

/** Unreadable rows, from where on they are hardly single accidents. */
const MANY = 10;
const CHECK_URL = 'if rows were expected, check the database in DATABASE_URL';

/** Judges the end of a run. */
export function conclude(config: Config, result: RunResult): Conclusion {
  const { ending, before, after } = result;
  const target: KeyName = config.command === 'rotate' ? config.target : 'new';
  const source: KeyName = target === 'new' ? 'old' : 'new';
  const runAgain = howToGoOn(config);
  const continued = (before?.under[target] ?? 0) > 0;

  switch (ending.kind) {
    case 'rotated': {
      const same = before?.digest === after?.digest;
      const proof = same
        ? 'the plaintexts are the same as before'
        : 'the plaintexts are not all the same as before: an application wrote to the table meanwhile';
      const details = [
        `the ${target} key alone opened ${rowCount(after?.rows ?? 0)} after the last write`,
        proof,
        ...traffic(result),
      ];
      return done(`every row is under the ${target} key`, details, afterRotation(config, target, continued));
    }
    case 'nothing to do':
      return nothingToDo(target, after?.rows ?? 0);
    case 'rehearsed':
      return done(
        `a run would rotate ${rowCount(before?.under[source] ?? 0)} to the ${target} key, and nothing is in the way`,
        ['nothing was written'],
        ['run the same command without --dry-run'],
      );
    case 'verified':
      if (after?.rows === 0) return done('the table is empty', [], [CHECK_URL]);
      return done(
        `the new key opens all ${rowCount(after?.rows ?? 0)}`,
        [],
        ['retire the old key once no backup needs it any more'],
      );
    case 'unreadable rows': {
      const none = before?.under.old === 0 && before.under.new === 0;
      return {
        exitCode: EXIT.unreadableRows,
        headline: before === null ? '' : unreadableHeadline(before),
        details: ['nothing was written', ...(before === null ? [] : listUnreadable(before.unreadable, before.unreadableRows))],
        nextSteps: none
          ? ['take the old key from a service that works, and check that DATABASE_URL names its database']
          : [
              unreadableAdvice(before),
              config.command === 'rotate' && config.skipUnreadable
                ? 'or run the same command without --dry-run: it rotates all the others'
                : 'or rotate all the others with --skip-unreadable',
            ],
      };
    }
    case 'all but unreadable rows':
      return {
        exitCode: EXIT.unreadableRows,
        headline: after === null ? '' : unreadableHeadline(after),
        details: [
          `the ${target} key opens the other ${rowCount(after?.under[target] ?? 0)}`,
          ...(after === null ? [] : listUnreadable(after.unreadable, after.unreadableRows)),
          ...traffic(result),
        ],
        nextSteps: afterRotationOfOthers(config, target, continued),
      };
    case 'not verified':
      return notVerified(config, source, ending.why, result, runAgain);
    case 'restored':
      return restored(config, result.restore);
    case 'row failed': {
      const others = config.command === 'rotate' && config.batchRows > 1 ? ' but others of its batch' : '';
      return {
        exitCode: EXIT.database,
        headline: `row ${ending.id} could not be rotated: ${rowProblem(ending.why)}`,
        details: [
          `the rows before it, in the order of their ids, are rotated; after it none was written${others}`,
          ...tableState(result, target),
        ],
        nextSteps: ['look at that row', runAgain],
      };
    }
    case 'write unanswered':
      return unanswered(config, result, ending, target, runAgain);
    case 'stopped': {
      const stop = stoppedBy(ending.cause, runAgain);
      if (config.command === 'verify' || config.dryRun || ending.phase === null)
        return { ...stop, details: ['nothing was written'] };
      const state = config.command === 'restore' ? restoreState(result.restore) : tableState(result, target);
      return { ...stop, details: state };
    }
    default:
      return ending satisfies never;
  }
}

/** Many rows that no key opens are rarely damaged: a third key is in play. */
function unreadableAdvice(before: Census | null): string {
  const many = before !== null && before.unreadable > MANY && before.unreadable > before.rows / 100;
  const earlier =
    'look for the key of an earlier rotation: so many rows are hardly damaged, they are under a key that is not given here';
  return many
    ? `${earlier}; delete none of them`
    : 'find the key that they are under, for instance of an earlier rotation; repair or delete them only if there is none';
}

/** Says what came and went between the first survey and the last. */
function traffic({ before, after, late }: RunResult): string[] {
  if (before === null || after === null) return [];
  const { came, went } = before.ids.trafficUntil(after.ids);
  return [
    ...(came + went > 0
      ? [`${rowCount(came)} came and ${went} went during the run: ${before.rows} before, ${after.rows} after`]
      : []),
    ...(late > 0
      ? [
          `${rowCount(late)} of these needed another round: written with the other key during the run, or not found by the index on the id (if no service wrote, REINDEX the table)`,
        ]
      : []),
  ];
}

function nothingToDo(target: KeyName, rows: number): Conclusion {
  if (rows === 0) return done('the table is empty: there is nothing to rotate', [], [CHECK_URL]);
  const headline = `every row is under the ${target} key already: nothing to do`;
  if (target === 'old') return done(headline, [], ['make sure that every service has the old key']);
  return done(
    headline,
    [`the old key opens none of ${rowCount(rows)}, the new key opens all: rotated already, or the keys are swapped`],
    [
      `if this table was never rotated, the keys are swapped: the services' key stands in ${KEY_VARIABLE.new}`,
      `else set the new key in every service, and check: ${SCRIPT} verify`,
    ],
  );
}

function done(headline: string, details: readonly string[], nextSteps: readonly string[]): Conclusion {
  return { exitCode: EXIT.done, headline, details, nextSteps };
}
