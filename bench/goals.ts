import type { Results } from './results.ts';
import type { Score } from './side-by-side.ts';

/** One number, and the bound that it is to keep. */
export interface Goal {
  readonly group: 1 | 2 | 3 | 4;
  readonly what: string;
  readonly value: number;
  readonly unit: '%' | 'x' | 'MB' | 's';
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
  readonly holds: boolean;
}

/** @returns the score with batches whose whole run was fastest */
export function bestBatch(scores: readonly Score[]): Score {
  const batched = scores.filter(({ letter }) => letter === 'c');
  const [best] = batched.toSorted((a, b) => wholeRate(b) - wholeRate(a));
  if (best === undefined) throw new Error('no batch size was measured');
  return best;
}

/** @returns those that the measured sizes allow to say */
export function measureAgainstGoals({ sideBySide, growth, startUp }: Results): Goal[] {
  const best = bestBatch(sideBySide);
  const oneByOne = one(sideBySide, 'b');
  const plain = one(sideBySide, 'a');
  const name = `--batch-size ${best.batchSize}`;
  const goals = [
    atLeast(1, `rotate phase, ${name}, of the limit (e)`, '%', 40, percent(writeRate(best), writeRate(one(sideBySide, 'e')))),
    atLeast(2, `whole run, ${name}, against the plain loop (a)`, 'x', 12, wholeRate(best) / wholeRate(plain)),
    atLeast(2, 'whole run, one by one, against the plain loop (a)', 'x', 1.2, wholeRate(oneByOne) / wholeRate(plain)),
    atLeast(2, 'rotate phase, one by one, of (d)', '%', 60, percent(writeRate(oneByOne), writeRate(one(sideBySide, 'd')))),
  ];

  const batched = growth.filter(({ letter }) => letter === 'c');
  const largest = batched.at(-1);
  const withRows = (rows: number) => batched.find((score) => score.rows === rows);
  if (largest !== undefined) {
    const tenth = withRows(largest.rows / 10);
    const hundredth = withRows(largest.rows / 100);
    const size = largest.rows.toLocaleString('en');
    if (tenth !== undefined) {
      const what = `rows/s at ${size} rows, of those at ${tenth.rows.toLocaleString('en')}`;
      goals.push(atLeast(3, what, '%', 80, percent(wholeRate(largest), wholeRate(tenth))));
    }
    if (hundredth !== undefined) {
      const what = `peak memory at ${size} rows, against ${hundredth.rows.toLocaleString('en')}`;
      goals.push(atMost(3, what, 'x', 1.2, peak(largest) / peak(hundredth)));
    }
    goals.push(atMost(3, `peak memory at ${size} rows`, 'MB', 200, peak(largest)));
  }

  const { empty, help, rotation, rotationRows } = startUp;
  goals.push(
    atMost(4, '--help, beyond an empty script', 's', 0.15, help.median - empty.median),
    atMost(4, `a rotation of ${rotationRows} rows, beyond an empty script`, 's', 1.5, rotation.median - empty.median),
  );
  return goals;
}

type Group = Goal['group'];
type Unit = Goal['unit'];

function atLeast(group: Group, what: string, unit: Unit, bound: number, value: number): Goal {
  return { group, what, value, unit, bound: { atLeast: bound }, holds: value >= bound };
}

function atMost(group: Group, what: string, unit: Unit, bound: number, value: number): Goal {
  return { group, what, value, unit, bound: { atMost: bound }, holds: value <= bound };
}

function one(scores: readonly Score[], letter: Score['letter']): Score {
  const score = scores.find((each) => each.letter === letter);
  if (score === undefined) throw new Error(`(${letter}) was not measured`);
  return score;
}

function wholeRate({ whole }: Score): number {
  return whole?.rowsPerSecond.median ?? Number.NaN;
}

function writeRate({ write }: Score): number {
  return write?.rowsPerSecond.median ?? Number.NaN;
}

function peak({ peakMegabytes }: Score): number {
  return peakMegabytes?.median ?? Number.NaN;
}

function percent(part: number, whole: number): number {
  return (part / whole) * 100;
}
