import { setTimeout } from 'node:timers/promises';

/** Is awaited before so many rows are written. */
export type Pace = (rows: number) => Promise<void>;

/** Milliseconds of a clock that nobody sets, and a wait that ends early when the signal is aborted. */
export interface Clock {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const MONOTONIC: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }).catch(() => {}),
};

/** A timer that fires up to so much too late is made up for, so that a pace of one row per millisecond can be kept; a longer pause is not. */
const LATENESS_MS = 5;

/** As fast as the database allows. */
export const atOnce: Pace = async () => {};

/**
 * Spreads the rows evenly: rows that come too early wait until those before them have had their share of time.
 *
 * @throws the signal's reason, as soon as it is aborted
 */
export function createPace(rowsPerSecond: number, signal: AbortSignal, clock = MONOTONIC): Pace {
  let next = clock.now();
  return async (rows) => {
    // Taken before the wait: another call may come during it.
    const turn = Math.max(next, clock.now() - LATENESS_MS);
    next = turn + (1000 * rows) / rowsPerSecond;
    const wait = turn - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
    signal.throwIfAborted();
  };
}
