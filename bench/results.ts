import { type Score, START_UP_ROWS, type StartUp } from './measure.ts';

/** What results.json holds. */
export interface Results {
  readonly environment: readonly string[];
  readonly rounds: number;
  readonly sideBySide: readonly Score[];
  readonly growth: readonly Score[];
  readonly startUp: StartUp;
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly goal: string;
  readonly met: boolean;
}

/** @returns the tool in batches of the size with which the whole run was fastest */
export function bestBatch(scores: readonly Score[]): Score {
  const batches = scores.filter(({ contestant }) => contestant.kind === 'tool-in-batches');
  return batches.reduce((best, each) => (runRate(each) > runRate(best) ? each : best));
}

export function judge(sideBySide: readonly Score[], growth: readonly Score[], { nothing, help, rotation }: StartUp): Goal[] {
  const batch = bestBatch(sideBySide);
  const [plain, single, updates] = [
    one(sideBySide, 'plain-loop'),
    one(sideBySide, 'tool-row-by-row'),
    one(sideBySide, 'prepared-updates'),
  ];
  const limit = one(sideBySide, 'limit');
  const [largest, tenth, hundredth] = growth.filter(({ contestant }) => contestant.kind === 'tool-in-batches').toReversed();
  if (largest === undefined || tenth === undefined || hundredth === undefined) throw new Error('growth needs three sizes');
  const { label } = batch.contestant;
  return [
    atLeast(0.4, 'x', `writing with ${label}, against the limit`, writeRate(batch) / writeRate(limit)),
    atLeast(12, 'x', `whole run with ${label}, against the plain loop`, runRate(batch) / runRate(plain)),
    atLeast(1.2, 'x', 'whole run row by row, against the plain loop', runRate(single) / runRate(plain)),
    atLeast(0.6, 'x', 'writing row by row, against prepared UPDATEs', writeRate(single) / writeRate(updates)),
    atLeast(0.8, 'x', `rows/s at ${largest.rows} rows, against ${tenth.rows}`, runRate(largest) / runRate(tenth)),
    atMost(1.2, 'x', `peak memory at ${largest.rows} rows, against ${hundredth.rows}`, peak(largest) / peak(hundredth)),
    atMost(200, 'MB', `peak memory at ${largest.rows} rows`, peak(largest)),
    atMost(0.15, 's', '--help, beyond Node and tsx', help.median - nothing.median),
    atMost(1.5, 's', `a rotation of ${START_UP_ROWS} rows, beyond Node and tsx`, rotation.median - nothing.median),
  ];
}

function atLeast(bound: number, unit: string, what: string, value: number): Goal {
  return { what, value, goal: `at least ${bound} ${unit}`, met: value >= bound };
}

function atMost(bound: number, unit: string, what: string, value: number): Goal {
  return { what, value, goal: `at most ${bound} ${unit}`, met: value <= bound };
}

function one(scores: readonly Score[], kind: Score['contestant']['kind']): Score {
  const score = scores.find(({ contestant }) => contestant.kind === kind);
  if (score === undefined) throw new Error(`${kind} was not measured`);
  return score;
}

const runRate = (score: Score) => score.runRate?.median ?? Number.NaN;
const writeRate = (score: Score) => score.writeRate?.median ?? Number.NaN;
const peak = (score: Score) => score.peakMegabytes?.median ?? Number.NaN;
