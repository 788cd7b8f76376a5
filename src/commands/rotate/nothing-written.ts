import { type Conclusion, done, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { nothingThere, type Total, withoutValue } from '../../report/total.ts';
import { listed, verb } from '../../report/wording.ts';
import type { UnregisteredValue } from '../../rotation/result.ts';
import { repeated } from '../output-plan.ts';
import type { RotatePlan } from './plan.ts';

/** Of a value that has no iv of its own: a new one would be written for the other value. */
const LOST =
  'a value that shares its iv with another one would be destroyed by rotating the other: let the application store it with an iv of its own first';
const CHECK_URL = 'if you expected rows, check the database in DATABASE_URL';

/** Says what was forgotten: the last key of these values would be lost with the old one. */
export function unregistered(values: readonly UnregisteredValue[], { report }: RotatePlan): Conclusion {
  const lines = values.map(({ table, columns, problem }) => {
    const names = columns.map((column) => `${table}.${column}`).join(', ');
    return problem === null ? names : `${names}: ${problem}`;
  });
  const lost = values.filter(({ problem }) => problem !== null).length;
  const free = values.length - lost;
  // No backup has been begun.
  const again = `${repeated({ report, backup: null })}${report === null ? ' with ' : ', and with '}`;
  return {
    exitCode: EXIT.unreadableRows,
    headline: `${values.length} encrypted ${verb(values.length, 'field is', 'fields are')} not in prisma/schema.prisma, but ${verb(values.length, 'holds', 'hold')} values under these keys`,
    details: ['nothing was written', ...listed(lines)],
    nextSteps: [
      ...(lost === 0 ? [] : [LOST]),
      ...(free === 0
        ? []
        : [
            `add ${verb(free, 'it', 'them')} to prisma/schema.prisma, with the lines that this prints: ${typed('discover')}`,
            `or, if ${verb(free, 'it is', 'they are')} meant to stay as ${verb(free, 'it is', 'they are')}: ${again}--ignore TABLE.COLUMN${verb(free, '', ' for each')}`,
          ]),
    ],
  };
}

/** Says that the table needs no rotation. */
export function nothingToDo({ target }: RotatePlan, total: Total): Conclusion {
  const { values, noun, count } = total;
  if (values === 0) return done(`${nothingThere(total)}: there is nothing to rotate`, [], [CHECK_URL]);
  const headline = `every ${noun} is already under the ${target} key: nothing to do`;
  if (target === 'old') return done(headline, withoutValue(total), ['make sure that every service has the old key']);
  return done(
    headline,
    [
      `the old key decrypts none of ${count(values)}, the new key all: they were rotated earlier, or the keys are swapped`,
      ...withoutValue(total),
    ],
    [
      `if ${noun === 'row' ? 'this table was' : 'they were'} never rotated, the keys are swapped: NEW_ENCRYPTION_KEY holds the key that the services use now`,
      `otherwise set the new key in every service, and check: ${typed('verify')}`,
    ],
  );
}
