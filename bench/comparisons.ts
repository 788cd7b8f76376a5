import {
  barePasses,
  batches500,
  batches2000,
  type Contestant,
  eightConnections,
  limit,
  plainLoop,
  preparedUpdates,
  realScript,
  rowByRow,
  twoTables,
  withBackup,
} from './contestants.ts';
import { withEmbeddedServer } from './database.ts';
import { measureRoundTrip, withDistance } from './distance.ts';
import { type Group, measureSideBySide, type Score } from './measure.ts';
import type { Spread } from './spread.ts';

/** Contestants side by side on one kind of database. */
export interface Comparison {
  readonly database: string;
  readonly rounds: number;
  /** Milliseconds. */
  readonly roundTrip: Spread;
  readonly scores: readonly Score[];
}

export interface Comparisons {
  readonly here: Comparison;
  readonly slowDisk: Comparison;
  readonly near: Comparison;
  readonly far: Comparison;
}

/** At each commit PostgreSQL waits for 2 ms before it flushes, as long as the disks of many clouds take to flush. */
const SLOW_DISK = ['commit_delay=2000', 'commit_siblings=0'];

/**
 * Fast ways get more rows than slow ones, so that all run for seconds and the start of the process weighs the same. Only rates are
 * compared.
 *
 * @param serverUrl - of the server for all but the slow disk, which is an embedded server
 * @param rows - for those that write row by row to this machine's disk
 */
export async function compareAll(serverUrl: string, rows: number, rounds: number): Promise<Comparisons> {
  const share = (factor: number, ...contestants: readonly Contestant[]): Group => ({
    rows: Math.ceil(rows * factor),
    contestants,
  });
  const here = [
    share(1, plainLoop, realScript, rowByRow, eightConnections, withBackup, preparedUpdates),
    share(20, batches500, batches2000, barePasses, limit),
    { ...share(20, twoTables), tables: 2 },
  ];
  const slowDisk = [share(0.2, plainLoop), share(1, rowByRow, withBackup), share(10, batches500)];
  const near = [share(0.2, plainLoop, rowByRow), share(1, eightConnections), share(10, batches500)];
  const far = [share(0.1, plainLoop, rowByRow), share(0.8, eightConnections), share(10, batches500)];
  return {
    here: await compare(serverUrl, "this machine's disk", here, rounds),
    slowDisk: await withEmbeddedServer(SLOW_DISK, (url) => compare(url, 'slow disk', slowDisk, rounds)),
    near: await withDistance(serverUrl, 1, (url) => compare(url, '1 ms away', near, Math.min(rounds, 3))),
    far: await withDistance(serverUrl, 10, (url) => compare(url, '10 ms away', far, rounds)),
  };
}

async function compare(url: string, database: string, groups: readonly Group[], rounds: number): Promise<Comparison> {
  const roundTrip = await measureRoundTrip(url);
  return { database, rounds, roundTrip, scores: await measureSideBySide(url, groups, rounds) };
}
