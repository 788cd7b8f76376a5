import type { Conclusion } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import type { KeyWords } from '../../report/key-words.ts';
import { namedRows, wordsFor } from '../../report/total.ts';
import { listed, listUnreadable, verb } from '../../report/wording.ts';
import type { RotateEnding } from '../../rotation/result.ts';

type NotVerified = Extract<RotateEnding, { kind: 'not-verified' }>;

/** Says why the last full survey is not a proof. */
export function notVerified(
  { field, doubt, fields }: NotVerified,
  { target, sources, aSource }: KeyWords,
  runAgain: string,
): Conclusion {
  const words = wordsFor(fields.length);
  const counts = (when: 'before' | 'after') => {
    const census = fields.find((each) => each.field === field)?.[when];
    return words.count(census === undefined ? 0 : census.rows - census.withoutValue);
  };
  const rows = counts('after');
  const rowName = (id: string) => words.rowName(field, id);
  const conclusion = (headline: string, details: readonly string[], ...nextSteps: readonly string[]): Conclusion => ({
    exitCode: EXIT.notVerified,
    headline: `${words.prefix(field)}${headline}`,
    details,
    nextSteps: [`keep ${sources}`, ...nextSteps, runAgain],
  });
  switch (doubt.kind) {
    case 'rows-gone':
      return conclusion(
        `${doubt.went} of ${counts('before')} that were there when the run began are gone`,
        [`${words.noun === 'row' ? 'the table' : field} has ${rows} now; rows that are gone cannot be verified`],
        'find out what removed them (DELETE, TRUNCATE), and whether something will insert them again',
      );
    case 'parts-changed':
      return conclusion(
        'partitions or child tables were added to the table or removed from it during the run',
        ['rows in a detached partition cannot be verified'],
        'attach a detached partition again, or rotate it by itself before the key is retired',
      );
    case 'uncommitted':
      return conclusion(
        'transactions that wrote to the table are still open: what they wrote cannot be verified',
        listed(doubt.transactions.map((transaction) => `open: ${transaction}`)),
        'wait until they have ended, or end them with the SQL above',
      );
    case 'ruined':
      return conclusion(
        `${doubt.count} of ${rows} became unreadable during the rotation`,
        listUnreadable(doubt.count, namedRows(words, field, doubt.rows)),
        `find out what wrote ${verb(doubt.count, 'this row', 'these rows')} (a service, or a trigger on the table), and with which key`,
      );
    case 'unreachable':
      return conclusion(
        `${doubt.count} of ${rows} ${verb(doubt.count, 'is', 'are')} still under ${aSource} and cannot be found by id`,
        [
          'a full scan finds rows that the index on the id misses: the index is damaged, or its collation has changed',
          ...listed(doubt.ids.map((id) => `${rowName(id)}: not found by id`)),
        ],
        `REINDEX ${words.tableOf(field)} (services miss rows too); if the system or ICU was upgraded, also run ALTER COLLATION … REFRESH VERSION or ALTER DATABASE … REFRESH COLLATION VERSION`,
      );
    case 'reverted':
      return conclusion(
        `${doubt.count} of ${rows} ${verb(doubt.count, 'is', 'are')} under ${aSource} again after being rotated`,
        listed(doubt.ids.map((id) => `${rowName(id)}: was rotated, but is under ${aSource} again`)),
        `find out what puts the old value back: a trigger on the table, or a service that still writes with ${aSource}`,
      );
    case 'written-meanwhile':
      return conclusion(
        `${doubt.count} of ${rows} ${verb(doubt.count, 'was', 'were')} written with ${aSource} during the rotation`,
        [],
        `a service still writes with ${aSource}: stop it, or give it ${target}`,
      );
    default:
      return doubt satisfies never;
  }
}
