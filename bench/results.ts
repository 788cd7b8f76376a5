import { type Score, START_UP_ROWS, type StartUp } from './measure.ts';
import { type ServiceScore, SWEEP } from './service.ts';

/** What results.json holds. */
export interface Results {
  readonly environment: readonly string[];
  readonly rounds: number;
  readonly sideBySide: readonly Score[];
  readonly growth: readonly Score[];
  readonly startUp: StartUp;
  readonly service: ServiceScore;
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

export function judge(
  sideBySide: readonly Score[],
  growth: readonly Score[],
  { nothing, help, rotation }: StartUp,
  service: ServiceScore,
): Goal[] {
  const batch = bestBatch(sideBySide);
  const plain = one(sideBySide, 'plain-loop');
  const single = one(sideBySide, 'tool-row-by-row');
  const updates = one(sideBySide, 'prepared-updates');
  const limit = one(sideBySide, 'limit');
  const [largest, tenth, hundredth] = growth.filter(({ contestant }) => contestant.kind === 'tool-in-batches').toReversed();
  if (largest === undefined || tenth === undefined || hundredth === undefined) throw new Error('growth needs three sizes');
  const { label } = batch.contestant;
  const sweep = `${SWEEP.rowsPerSecond} rows/s in batches of ${SWEEP.batchRows}`;
  return [
    goal('at least', 0.4, 'x', `writing with ${label}, against the limit`, writeRate(batch) / writeRate(limit)),
    goal('at least', 12, 'x', `whole run with ${label}, against the plain loop`, runRate(batch) / runRate(plain)),
    goal('at least', 1.2, 'x', 'whole run row by row, against the plain loop', runRate(single) / runRate(plain)),
    goal('at least', 0.6, 'x', 'writing row by row, against prepared UPDATEs', writeRate(single) / writeRate(updates)),
    goal('at least', 0.8, 'x', `rows/s at ${largest.rows} rows, against ${tenth.rows}`, runRate(largest) / runRate(tenth)),
    goal('at most', 1.2, 'x', `peak memory at ${largest.rows} rows, against ${hundredth.rows}`, peak(largest) / peak(hundredth)),
    goal('at most', 200, 'MB', `peak memory at ${largest.rows} rows`, peak(largest)),
    goal('at most', 0.15, 's', '--help, beyond Node and tsx', help.median - nothing.median),
    goal('at most', 1.5, 's', `a rotation of ${START_UP_ROWS} rows, beyond Node and tsx`, rotation.median - nothing.median),
    goal('at most', 2, 'x', `latency of a service during a sweep of ${sweep}, against before it`, service.ratio.median),
  ];
}

function goal(direction: 'at least' | 'at most', bound: number, unit: string, what: string, value: number): Goal {
  const met = direction === 'at least' ? value >= bound : value <= bound;
  return { what, value, goal: `${direction} ${bound} ${unit}`, met };
}

function one(scores: readonly Score[], kind: Score['contestant']['kind']): Score {
  const score = scores.find(({ contestant }) => contestant.kind === kind);
  if (score === undefined) throw new Error(`${kind} was not measured`);
  return score;
}

const runRate = (score: Score) => score.runRate?.median ?? Number.NaN;
const writeRate = (score: Score) => score.writeRate?.median ?? Number.NaN;
const peak = (score: Score) => score.peakMegabytes?.median ?? Number.NaN;
