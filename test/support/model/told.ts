import type { Census } from '../../../src/rotation/census.ts';
import type { Phase, RestoreEnding, Result, RotateEnding, Tally, VerifyEnding } from '../../../src/rotation/result.ts';

/** The two keys of a test, as a person calls them. */
export type KeyName = 'old' | 'new';

/** What a survey found, with the keys by their names. */
type ToldCensus = Omit<Census, 'under'> & { readonly under: Readonly<Record<KeyName, number>> };

/** All that a run tells at its end: how it ended, without the counts, and the counts that it has. */
export interface Told {
  readonly ending: { readonly kind: string; readonly [more: string]: unknown };
  readonly before: ToldCensus | null;
  readonly after: ToldCensus | null;
  readonly tally: Tally;
  readonly late: number;
  readonly phases: readonly Phase[];
}

const NONE: Tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0 };

/** @param fingerprints - of the two keys */
export function told(
  { ending, phases }: Result<RotateEnding | VerifyEnding | RestoreEnding>,
  fingerprints: Readonly<Record<KeyName, string>>,
): Told {
  const named = (census: Census): ToldCensus => ({
    ...census,
    under: { old: census.under.get(fingerprints.old) ?? 0, new: census.under.get(fingerprints.new) ?? 0 },
  });
  const unknown = { before: null, after: null, tally: NONE, late: 0, phases };
  switch (ending.kind) {
    case 'rotated':
    case 'rotated-except-unreadable': {
      const { kind, before, after, tally, late } = ending;
      return { ending: { kind }, before: named(before), after: named(after), tally, late, phases };
    }
    case 'not-verified': {
      if ('census' in ending) return { ...unknown, ending: { kind: ending.kind }, after: named(ending.census) };
      const { kind, doubt, before, after, tally, late } = ending;
      return { ending: { kind, doubt }, before: named(before), after: named(after), tally, late, phases };
    }
    case 'nothing-to-do':
      return { ...unknown, ending: { kind: ending.kind }, before: named(ending.census), after: named(ending.census) };
    case 'verified':
      return { ...unknown, ending: { kind: ending.kind }, after: named(ending.census) };
    case 'rehearsed':
    case 'unreadable-rows':
      return { ...unknown, ending: { kind: ending.kind }, before: named(ending.census) };
    case 'restored':
      return { ...unknown, ending };
    default: {
      const { reached, ...how } = ending;
      if (reached === null || !('kind' in reached) || reached.kind === 'nothing-counted') return { ...unknown, ending: how };
      return { ...unknown, ending: how, before: named(reached.before), tally: reached.tally };
    }
  }
}
