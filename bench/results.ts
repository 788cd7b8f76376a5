import type { Comparison, Comparisons } from './comparisons.ts';
import { batches2000, type Contestant, eightConnections, limit, plainLoop, rowByRow, withBackup } from './contestants.ts';
import { type Score, START_UP_ROWS, type StartUp } from './measure.ts';
import { type ServiceScore, SWEEP } from './service.ts';

export interface Measured {
  readonly comparisons: Comparisons;
  /** In batches of 2000. */
  readonly growth: readonly Score[];
  readonly startUp: StartUp;
  readonly service: ServiceScore;
}

/** What results.json holds. */
export interface Results extends Measured {
  readonly environment: readonly string[];
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly goal: string;
  readonly met: boolean;
}

export function judge({ comparisons, growth, startUp, service }: Measured): Goal[] {
  const { here, slowDisk, far } = comparisons;
  const [largest, tenth] = growth.toReversed();
  const small = growth.find(({ rows }) => rows >= scoreOf(here, rowByRow).rows);
  if (largest === undefined || tenth === undefined || small === undefined) throw new Error('growth needs more sizes');
  const ofLimit = runRate(scoreOf(here, batches2000)) / writeRate(scoreOf(here, limit));
  const beyondEmpty = ({ median }: StartUp['empty']) => median - startUp.empty.median;
  const sweep = `${SWEEP.rowsPerSecond} rows/s in batches of ${SWEEP.batchRows}`;
  return [
    goal('at least', 2.2, 'x', 'row by row, against the plain loop', ratio(here, rowByRow, plainLoop)),
    goal('at least', 0.9, 'x', 'row by row with --backup, against without', ratio(here, withBackup, rowByRow)),
    goal('at least', 5, 'x', 'row by row on a slow disk, against the plain loop', ratio(slowDisk, rowByRow, plainLoop)),
    goal('at least', 0.5, 'x', 'in batches of 2000, against the limit', ofLimit),
    goal('at least', 20, 'x', 'in batches of 2000, against the plain loop', ratio(here, batches2000, plainLoop)),
    goal('at least', 6, 'x', '--connections 8 against 1, row by row, 10 ms away', ratio(far, eightConnections, rowByRow)),
    goal('at least', 0.8, 'x', `rows/s at ${largest.rows} rows, against ${tenth.rows}`, runRate(largest) / runRate(tenth)),
    goal('at most', 200, 'MB', `peak memory at ${small.rows} rows`, peak(small)),
    goal('at most', 200, 'MB', `peak memory at ${largest.rows} rows`, peak(largest)),
    goal('at most', 0.15, 's', '--help, beyond an empty script', beyondEmpty(startUp.help)),
    goal('at most', 0.45, 's', `a rotation of ${START_UP_ROWS} rows, beyond an empty script`, beyondEmpty(startUp.rotation)),
    goal('at most', 2, 'x', `latency of a service during a sweep of ${sweep}, against before it`, service.ratio.median),
  ];
}

function goal(direction: 'at least' | 'at most', bound: number, unit: string, what: string, value: number): Goal {
  const met = direction === 'at least' ? value >= bound : value <= bound;
  return { what, value, goal: `${direction} ${bound} ${unit}`, met };
}

/** @returns how many times as fast one is as the other, in whole runs on the same database */
function ratio(comparison: Comparison, one: Contestant, other: Contestant): number {
  return runRate(scoreOf(comparison, one)) / runRate(scoreOf(comparison, other));
}

function scoreOf({ database, scores }: Comparison, contestant: Contestant): Score {
  const score = scores.find((each) => each.contestant === contestant);
  if (score === undefined) throw new Error(`${contestant.label} was not measured on ${database}`);
  return score;
}

const runRate = (score: Score) => score.runRate?.median ?? Number.NaN;
const writeRate = (score: Score) => score.writeRate?.median ?? Number.NaN;
const peak = (score: Score) => score.peakMegabytes?.median ?? Number.NaN;
