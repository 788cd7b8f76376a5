import type { Comparison } from './comparisons.ts';

/** How long a million rows would take, by way of writing and kind of database. */
export interface Minutes {
  readonly way: string;
  readonly database: string;
  readonly minutes: number;
}

/** @returns those that were measured as whole runs */
export function minutesPerMillion(comparisons: readonly Comparison[]): Minutes[] {
  return comparisons.flatMap(({ database, scores }) =>
    scores.flatMap(({ contestant, runRate }) =>
      runRate === null ? [] : [{ way: contestant.label, database, minutes: 1e6 / runRate.median / 60 }],
    ),
  );
}
