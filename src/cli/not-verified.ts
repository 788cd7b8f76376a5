import type { KeyName } from '../rotation/judge.ts';
import type { Doubt, RunResult } from '../rotation/run.ts';
import type { Census } from '../rotation/survey.ts';
import type { Conclusion } from './conclusion.ts';
import type { Config } from './config.ts';
import { EXIT } from './exit-code.ts';
import { SCRIPT } from './help.ts';
import { listed, listUnreadable, rowCount } from './wording.ts';

/** Judges a run whose last full pass found rows that are not under the target key. */
export function notVerified(
  config: Config,
  source: KeyName,
  why: Doubt,
  { before, after }: RunResult,
  runAgain: string,
): Conclusion {
  const rows = rowCount(after?.rows ?? 0);
  const keep = `keep the ${source} key`;
  const conclusion = (headline: string, details: readonly string[], nextSteps: readonly string[]): Conclusion => ({
    exitCode: EXIT.notVerified,
    headline,
    details,
    nextSteps: [keep, ...nextSteps],
  });
  switch (why.kind) {
    case 'emptied':
      return conclusion(
        `the table is empty now: it had ${rowCount(before?.rows ?? 0)} when the run began`,
        ['nothing can be verified on an empty table'],
        ['find out what emptied the table (TRUNCATE, DELETE), and whether its rows come back from elsewhere', runAgain],
      );
    case 'unreadable': {
      if (config.command === 'verify') return newKeyFails(rows, after, keep);
      const list = after === null ? [] : listUnreadable(after.ruined, after.ruinedRows);
      const headline = `${after?.ruined ?? 0} of ${rows} became unreadable while the rotation ran`;
      const cause = 'find out what wrote these rows (an application, or a trigger on the table), and with which key';
      return conclusion(headline, list, [cause, runAgain]);
    }
    case 'left': {
      const left = after?.under[source] ?? 0;
      if (why.unreachable.length > 0) {
        return conclusion(
          `${left} of ${rows} ${left === 1 ? 'is' : 'are'} still under the ${source} key and cannot be found by their id`,
          [
            'a full scan of the table reads them, the index on the id does not lead to them: it is damaged, or its collation has changed',
            ...listed(why.unreachable.map((id) => `row ${id}: not found by its id`)),
          ],
          [
            'REINDEX the table (services miss these rows as well); after an upgrade of the system or of ICU, then ALTER COLLATION … REFRESH VERSION or ALTER DATABASE … REFRESH COLLATION VERSION',
            runAgain,
          ],
        );
      }
      if (why.reverted.length > 0) {
        return conclusion(
          `${left} of ${rows} ${left === 1 ? 'is' : 'are'} under the ${source} key again after being rotated`,
          listed(why.reverted.map((id) => `row ${id}: was rotated, and holds a value under the ${source} key again`)),
          [
            `find out what puts the old value back: a trigger on the table, or a service that still writes with the ${source} key`,
            runAgain,
          ],
        );
      }
      return conclusion(
        `${left} of ${rows} ${left === 1 ? 'was' : 'were'} written with the ${source} key during the rotation`,
        [],
        [`a service still writes with the ${source} key: stop it, or give it the other one`, runAgain],
      );
    }
    default:
      return why satisfies never;
  }
}

function newKeyFails(rows: string, after: Census | null, keep: string): Conclusion {
  const all = after?.unreadable === after?.rows;
  return {
    exitCode: EXIT.notVerified,
    headline: all ? `the new key opens none of ${rows}` : `the new key does not open ${after?.unreadable ?? 0} of ${rows}`,
    details: all || after === null ? [] : listUnreadable(after.unreadable, after.unreadableRows),
    nextSteps: [`${keep}, and see which key they are under: ${SCRIPT} --dry-run`],
  };
}
