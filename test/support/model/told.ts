import assert from 'node:assert/strict';
import type { Census } from '../../../src/rotation/census.ts';
import type {
  Durability,
  Phase,
  RestoreEnding,
  Result,
  RotateEnding,
  Tally,
  VerifyEnding,
} from '../../../src/rotation/result.ts';

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
  /** Whether the writes of a run that stopped are on the disk; null if it did not stop. */
  readonly onDisk: Durability | null;
  readonly phases: readonly Phase[];
}

const NONE: Tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 };

/** @param fingerprints - of the two keys */
export function told(
  { ending, phases }: Result<RotateEnding | VerifyEnding | RestoreEnding>,
  fingerprints: Readonly<Record<KeyName, string>>,
): Told {
  const named = (census: Census): ToldCensus => ({
    ...census,
    under: { old: census.under.get(fingerprints.old) ?? 0, new: census.under.get(fingerprints.new) ?? 0 },
  });
  const unknown = { before: null, after: null, tally: NONE, late: 0, onDisk: null, phases };
  switch (ending.kind) {
    case 'rotated':
    case 'rotated-except-unreadable': {
      const { before, after, tally, late } = only(ending.fields);
      return { ending: { kind: ending.kind }, before: named(before), after: named(after), tally, late, onDisk: null, phases };
    }
    case 'not-verified': {
      const { kind } = ending;
      if (!('doubt' in ending)) return { ...unknown, ending: { kind }, after: named(only(ending.fields).census) };
      const { before, after, tally, late } = only(ending.fields);
      return {
        ending: { kind, doubt: ending.doubt },
        before: named(before),
        after: named(after),
        tally,
        late,
        onDisk: null,
        phases,
      };
    }
    case 'nothing-to-do': {
      const census = named(only(ending.fields).census);
      return { ...unknown, ending: { kind: ending.kind }, before: census, after: census };
    }
    case 'verified':
      return { ...unknown, ending: { kind: ending.kind }, after: named(only(ending.fields).census) };
    case 'rehearsed':
    case 'unreadable-rows':
      return { ...unknown, ending: { kind: ending.kind }, before: named(only(ending.fields).census) };
    case 'restored':
      return { ...unknown, ending };
    default: {
      const { reached, onDisk = null, ...how } = { onDisk: undefined, ...ending };
      const [field] = reached ?? [];
      if (field === undefined || !('before' in field)) return { ...unknown, ending: how, onDisk };
      return { ...unknown, ending: how, before: named(field.before), tally: field.tally, onDisk };
    }
  }
}

function only<T>(fields: readonly T[]): T {
  const [field] = fields;
  assert.ok(field !== undefined && fields.length === 1, `one field was expected, not ${fields.length}`);
  return field;
}
