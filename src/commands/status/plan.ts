import { replaceProblem } from '../../terminal/replace-file.ts';
import { UsageError } from '../../text/problem.ts';
import type { Given } from '../command.ts';
import { readDuration } from '../duration.ts';
import type { Limits } from './due.ts';

/** What to look at, and how to tell of it. */
export interface StatusPlan extends Limits {
  /** Whether to believe the key ids of the rows. */
  readonly fast: boolean;
  readonly json: boolean;
  /** File for the metrics. */
  readonly metrics: string | null;
}

/** @throws UsageError */
export async function readStatusPlan(given: Given): Promise<StatusPlan> {
  const metrics = given.value('metrics');
  const problem = metrics === null ? null : replaceProblem('--metrics', metrics);
  if (problem !== null) throw new UsageError([problem]);
  const duration = (flag: string) => {
    const text = given.value(flag);
    return text === null ? null : readDuration(flag, text);
  };
  return {
    fast: given.has('fast'),
    json: given.has('json'),
    metrics,
    maxAgeMs: duration('max-age'),
    maxUnverifiedMs: duration('max-unverified'),
  };
}
