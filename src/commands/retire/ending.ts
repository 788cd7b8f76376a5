import { countsOf, NOTHING_KNOWN, type Outcome, unreadableOf } from '../../report/report.ts';
import type { FieldCensus, VerifyEnding } from '../../rotation/result.ts';
import type { Obstacle } from './obstacle.ts';

/** How the command ends. */
export type RetireEnding =
  /** `asOf`: the server's time after the survey. */
  | { readonly kind: 'retired'; readonly at: Date; readonly asOf: Date; readonly fields: readonly FieldCensus[] }
  /** By an earlier run; `obstacles` would be in the way today. */
  | {
      readonly kind: 'was-retired';
      readonly at: Date;
      readonly asOf: Date;
      readonly obstacles: readonly Obstacle[];
      readonly fields: readonly FieldCensus[];
    }
  | { readonly kind: 'not-yet'; readonly obstacles: readonly Obstacle[]; readonly fields: readonly FieldCensus[] }
  | RetireStopped;

/**
 * `retirement` is made if the run retired the key, and stopped before it had confirmed that; before if another run did; undone if the
 * registry does not say so any more; sent if the server did not answer the commit.
 */
export type RetireStopped = Extract<VerifyEnding, { kind: 'stopped' }> & {
  readonly retirement: 'none' | 'before' | 'sent' | 'made' | 'undone';
};

/** What the report says about the end. */
export function outcome(ending: RetireEnding): Outcome {
  const surveyed = ending.kind === 'stopped' ? [] : ending.fields;
  return {
    ending: ending.kind,
    doubt: null,
    unregistered: [],
    notYet: 'obstacles' in ending ? [...new Set(ending.obstacles.map(({ kind }) => kind))] : [],
    fields: new Map(
      surveyed.map(({ field, census }) => [
        field,
        { ...NOTHING_KNOWN, after: countsOf(census), unreadable: unreadableOf(census) },
      ]),
    ),
  };
}
