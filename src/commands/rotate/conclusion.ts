import { type Conclusion, done, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import type { NamedKey } from '../../report/report.ts';
import { inDoubt, isRefused, stoppedBy } from '../../report/stopped-by.ts';
import { listUnreadable, rowCount, rowProblem, unreadableHeadline, verb } from '../../report/wording.ts';
import type { Census } from '../../rotation/census.ts';
import type { Compared, RotateEnding, RowProblem } from '../../rotation/result.ts';
import { repeated } from '../output-plan.ts';
import { afterRotation, unreadableAdvice } from './next-steps.ts';
import { notVerified } from './not-verified.ts';
import type { RotatePlan } from './plan.ts';
import { countRole, tableState } from './table-state.ts';

const CHECK_URL = 'if you expected rows, check the database in DATABASE_URL';

/** Says how a rotation ended. */
export function conclude(ending: RotateEnding, plan: RotatePlan, keys: readonly NamedKey[]): Conclusion {
  const { target } = plan;
  const again = repeated(plan);
  const runAgain = `${again}: it continues where it stopped`;
  const continued = (before: Census) => countRole(before, keys, 'target') > 0;
  switch (ending.kind) {
    case 'rotated': {
      const { before, after } = ending;
      const proof =
        before.digest === after.digest
          ? 'the plaintexts are the same as before'
          : 'the plaintexts are not all the same as before: an application wrote to the table during the run';
      const details = [
        `the ${target} key alone decrypted ${rowCount(after.rows)} after the last write`,
        proof,
        ...traffic(ending, plan),
      ];
      return done(`every row is under the ${target} key`, details, afterRotation(plan, continued(before), after.unreadable));
    }
    case 'rotated-except-unreadable': {
      const { before, after } = ending;
      return {
        exitCode: EXIT.unreadableRows,
        headline: unreadableHeadline(after),
        details: [
          `the ${target} key decrypts the other ${rowCount(countRole(after, keys, 'target'))}`,
          ...listUnreadable(after.unreadable, after.unreadableRows),
          ...traffic(ending, plan),
        ],
        nextSteps: afterRotation(plan, continued(before), after.unreadable),
      };
    }
    case 'nothing-to-do':
      return nothingToDo(plan, ending.census.rows);
    case 'rehearsed': {
      const rows = rowCount(countRole(ending.census, keys, 'source'));
      const headline = `a run would rotate ${rows} to the ${target} key; no problems found`;
      return done(headline, ['nothing was written'], [again.replace('again', 'without --dry-run')]);
    }
    case 'unreadable-rows': {
      const { census } = ending;
      return {
        exitCode: EXIT.unreadableRows,
        headline: unreadableHeadline(census),
        details: ['nothing was written', ...listUnreadable(census.unreadable, census.unreadableRows)],
        nextSteps: unreadableAdvice(census, plan),
      };
    }
    case 'not-verified':
      return notVerified(ending, plan, runAgain);
    case 'row-failed': {
      const batch = plan.batchRows > 1 ? ', except possibly in the same batch' : '';
      return {
        exitCode: EXIT.database,
        headline: `row ${ending.id} could not be rotated: ${rowProblem(ending.why)}`,
        details: [
          `the rows before it are rotated; no later row was written${batch}`,
          ...tableState(ending.reached, plan, keys, null),
        ],
        nextSteps: [rowAdvice(ending.why), runAgain],
      };
    }
    case 'write-in-doubt': {
      const { cause, found } = ending;
      const stop = stoppedBy(cause, runAgain);
      const rows = inDoubt(cause, found, 'it is under one of the two keys');
      const state = tableState(ending.reached, plan, keys, isRefused(cause) ? null : found.unknown.length);
      return { ...stop, headline: `a write failed: ${stop.headline}`, details: [...rows, ...state] };
    }
    case 'stopped': {
      const nothing = plan.dryRun || ending.phase === null;
      const details = nothing ? ['nothing was written'] : tableState(ending.reached, plan, keys, null);
      return { ...stoppedBy(ending.cause, runAgain), details };
    }
    default:
      return ending satisfies never;
  }
}

/** The preflight could decrypt the row: it has changed since. */
function rowAdvice(why: RowProblem): string {
  return why.kind === 'conflicts'
    ? 'find out what keeps changing that row: a service, or a trigger or rule on the table'
    : 'find out what wrote that row since the run began, and with which key';
}

/** Says how many rows were added and removed between the first survey and the last. */
function traffic({ before, after, late }: Compared, { source }: RotatePlan): string[] {
  const { came, went } = before.ids.trafficUntil(after.ids);
  const moved = `${rowCount(came)} ${verb(came, 'was', 'were')} added and ${went} removed during the run: ${before.rows} before, ${after.rows} after`;
  const again = `${rowCount(late)} needed another round: written with the ${source} key during the run, or missing from the index on the id (if no service wrote to the table, REINDEX it)`;
  return [...(came + went > 0 ? [moved] : []), ...(late > 0 ? [again] : [])];
}

function nothingToDo({ target }: RotatePlan, rows: number): Conclusion {
  if (rows === 0) return done('the table is empty: there is nothing to rotate', [], [CHECK_URL]);
  const headline = `every row is already under the ${target} key: nothing to do`;
  if (target === 'old') return done(headline, [], ['make sure that every service has the old key']);
  return done(
    headline,
    [`the old key decrypts none of ${rowCount(rows)}, the new key all: they were rotated earlier, or the keys are swapped`],
    [
      'if this table was never rotated, the keys are swapped: NEW_ENCRYPTION_KEY holds the key that the services use now',
      `otherwise set the new key in every service, and check: ${typed('verify')}`,
    ],
  );
}
