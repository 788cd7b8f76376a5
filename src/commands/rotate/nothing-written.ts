import { type Conclusion, done, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import type { KeyWords } from '../../report/key-words.ts';
import { nothingThere, type Total, withoutValue } from '../../report/total.ts';
import { listed, verb } from '../../report/wording.ts';
import { repeated } from '../output-plan.ts';
import type { UnregisteredValue } from '../unregistered.ts';
import type { RotatePlan } from './plan.ts';

const CHECK_URL = 'if you expected rows, check the database in DATABASE_URL';

/** Says what was forgotten: it would be lost with the old key. */
export function unregistered(values: readonly UnregisteredValue[], { report }: RotatePlan): Conclusion {
  const lines = values.map(({ table, columns, problem }) => {
    return `${columns.map((column) => `${table}.${column}`).join(', ')}${problem === null ? '' : `: ${problem}`}`;
  });
  const addable = values.filter(({ problem }) => problem === null).length;
  const endangered = values.filter((value) => value.endangered).length;
  const others = values.length - endangered;
  // No backup has been begun.
  const again = `${repeated({ report, backup: null })}${report === null ? ' with ' : ', and with '}`;
  const stay = verb(others, 'it is', 'they are');
  const ignore = `if ${stay} meant to stay as ${stay}: ${again}--ignore TABLE.COLUMN${verb(others, '', ' for each')}`;
  return {
    exitCode: EXIT.unreadableRows,
    headline: `${values.length} encrypted ${verb(values.length, 'field is', 'fields are')} not in prisma/schema.prisma, but ${verb(values.length, 'holds', 'hold')} values under these keys`,
    details: ['nothing was written', ...listed(lines)],
    nextSteps: [
      ...(endangered > 0 ? ['give each value an iv of its own: rotating one of two that share it would destroy the other'] : []),
      ...(addable + endangered < values.length
        ? ['give each value a column of its own: two in one column cannot both be added to prisma/schema.prisma']
        : []),
      ...(addable > 0
        ? [
            `add ${addable === values.length ? verb(addable, 'it', 'them') : verb(addable, 'the other', 'the others')} to prisma/schema.prisma, with the lines that this prints: ${typed('discover')}`,
          ]
        : []),
      ...(others > 0 ? [`or, ${ignore}`] : []),
    ],
  };
}

/**
 * Says that the table needs no rotation.
 *
 * @param wasUsed - whether an earlier run found values under the target key: then the keys are in order, and status knows what comes next
 */
export function nothingToDo(
  { rollback }: RotatePlan,
  { target, sources, them, inList, isAlone }: KeyWords,
  total: Total,
  wasUsed: boolean,
): Conclusion {
  const { values, noun, count } = total;
  if (values === 0) return done(`${nothingThere(total)}: there is nothing to rotate`, [], [CHECK_URL]);
  const headline = `every ${noun} is already under ${target}: nothing to do`;
  if (isAlone) return done(headline, withoutValue(total), []);
  if (rollback) return done(headline, withoutValue(total), [`make sure that every service has ${target}`]);
  const decrypt = them === 'it' ? 'decrypts' : 'decrypt';
  const none = `${sources} ${decrypt} none of the ${count(values)}, ${target} all of them`;
  if (wasUsed) return done(headline, [none, ...withoutValue(total)], [`see what comes next: ${typed('status')}`]);
  const swapped = inList
    ? 'the order is wrong: ENCRYPTION_KEYS begins with a key that the services use now'
    : 'the keys are swapped: NEW_ENCRYPTION_KEY holds the key that the services use now';
  return done(
    headline,
    [`${none}: they were rotated earlier, or the ${inList ? 'order is wrong' : 'keys are swapped'}`, ...withoutValue(total)],
    [
      `if ${noun === 'row' ? 'this table was' : 'they were'} never rotated, ${swapped}`,
      `otherwise set ${target} in every service, and check: ${typed('verify')}`,
    ],
  );
}
