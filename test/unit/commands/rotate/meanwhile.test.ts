import { expect, it } from 'vitest';
import { meanwhile } from '../../../../src/commands/rotate/meanwhile.ts';
import { keyWords } from '../../../../src/report/key-words.ts';
import { wordsFor } from '../../../../src/report/total.ts';
import type { Compared } from '../../../../src/rotation/result.ts';
import { census, compared, idCounts, ids, KEYS, NONE } from '../endings.ts';

interface Traffic {
  readonly came?: number;
  readonly went?: number;
  readonly conflicts?: number;
  readonly gone?: number;
  readonly late?: number;
  readonly isChanged?: boolean;
}

/** Twelve rows were there; of them the last `went` went, and others came. */
function traffic({ came = 0, went = 0, conflicts = 0, gone = 0, late = 0, isChanged = came + went > 0 }: Traffic): Compared {
  const there = [...ids(12 - went), ...Array.from({ length: came }, (_, index) => `came-${index}`)];
  return compared(
    { ...census(0, there.length, 0, isChanged ? 'b' : 'a'), ids: idCounts(there) },
    { before: { ...census(12, 0), ids: idCounts(ids(12)) }, tally: { ...NONE, conflicts, gone }, late },
  );
}

const ONE_MORE = '1 row was still under the old key after the first pass and took another round';
const QUIET = 'if no service writes to';

it.each<[what: Traffic, line: string]>([
  [{ came: 1 }, 'meanwhile an application added 1 row'],
  [{ went: 1 }, 'meanwhile an application removed 1 row'],
  [{ went: 2 }, 'meanwhile an application removed 2 rows'],
  [{ came: 2, went: 3 }, 'meanwhile an application added 2 rows and removed 3'],
  [{ conflicts: 1 }, 'meanwhile an application changed a row just ahead of 1 write'],
  [
    { came: 5, went: 1, conflicts: 2 },
    'meanwhile an application added 5 rows, removed 1 and changed rows just ahead of 2 writes',
  ],
  [{ went: 1, conflicts: 2, gone: 1 }, 'meanwhile an application removed 1 row and changed a row just ahead of 1 write'],
  [{ isChanged: true }, 'meanwhile an application changed rows'],
  [{ came: 1, late: 1 }, `meanwhile an application added 1 row; ${ONE_MORE}`],
  [{ isChanged: true, late: 1 }, `meanwhile an application changed rows; ${ONE_MORE}`],
  [{ late: 1 }, `${ONE_MORE}: an application wrote it, or the index on the id misses it (${QUIET} the table, REINDEX it)`],
  [
    { late: 2 },
    `2 rows were still under the old key after the first pass and took another round: an application wrote them, or the index on the id misses them (${QUIET} the table, REINDEX it)`,
  ],
])('of %j says in one line what is known', (what, line) => {
  expect(meanwhile([traffic(what)], keyWords(KEYS), wordsFor(1))).toEqual([line]);
});

it('says nothing of a run beside which nobody wrote', () => {
  expect(meanwhile([traffic({}), traffic({})], keyWords(KEYS), wordsFor(2))).toEqual([]);
});

it('adds up all fields', () => {
  const said = (...fields: readonly Compared[]) => meanwhile(fields, keyWords(KEYS), wordsFor(fields.length));
  expect(said(traffic({ came: 1, late: 1 }), traffic({ came: 2, went: 1, conflicts: 3, late: 4 }))).toEqual([
    'meanwhile an application added 3 values, removed 1 and changed values just ahead of 3 writes; 5 values were still under the old key after the first pass and took another round',
  ]);
  expect(said(traffic({}), traffic({ late: 1 }))).toEqual([
    `1 value was still under the old key after the first pass and took another round: an application wrote it, or the index on the id misses it (${QUIET} the data, REINDEX its tables)`,
  ]);
});
