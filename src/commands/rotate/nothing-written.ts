import { type Conclusion, done, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { nothingThere, type Total, withoutValue } from '../../report/total.ts';
import { listed, verb } from '../../report/wording.ts';
import type { UnregisteredValue } from '../../rotation/result.ts';
import { repeated } from '../output-plan.ts';
import type { RotatePlan } from './plan.ts';

const CHECK_URL = 'if you expected rows, check the database in DATABASE_URL';

/** Says what was forgotten: it would be lost with the old key. */
export function unregistered(values: readonly UnregisteredValue[], { report }: RotatePlan): Conclusion {
  const lines = values.map(({ table, columns, problem }) => {
    return `${columns.map((column) => `${table}.${column}`).join(', ')}${problem === null ? '' : `: ${problem}`}`;
  });
  const possible = values.filter(({ problem }) => problem === null).length;
  return {
    exitCode: EXIT.unreadableRows,
    headline: `${values.length} encrypted ${verb(values.length, 'field is', 'fields are')} not in prisma/schema.prisma, but ${verb(values.length, 'holds', 'hold')} values under these keys`,
    details: ['nothing was written', ...listed(lines)],
    nextSteps: [
      ...(possible < values.length
        ? ['give each value columns of its own, iv included: rotating one of two that share a column would destroy the other']
        : []),
      ...(possible > 0 ? registering(possible, report) : []),
    ],
  };
}

function registering(values: number, report: string | null): string[] {
  // No backup has been begun.
  const again = `${repeated({ report, backup: null })}${report === null ? ' with ' : ', and with '}`;
  return [
    `add ${verb(values, 'it', 'them')} to prisma/schema.prisma, with the lines that this prints: ${typed('discover')}`,
    `or, if ${verb(values, 'it is', 'they are')} meant to stay as ${verb(values, 'it is', 'they are')}: ${again}--ignore TABLE.COLUMN${verb(values, '', ' for each')}`,
  ];
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
