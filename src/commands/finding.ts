import type { KeyRing } from '../crypto/key-ring.ts';
import { keysOf } from '../crypto/key-ring.ts';
import type { Finding } from '../database/write-registry.ts';
import { countUnder } from '../rotation/census.ts';
import type { Compared, FieldCensus, RotateEnding } from '../rotation/result.ts';

/** @returns what the surveys of all fields say of the keys */
export function findingOf(ring: KeyRing, fields: readonly FieldCensus[], usedBefore: readonly string[] = []): Finding {
  const sum = (fingerprint: string) => fields.reduce((total, { census }) => total + (census.under.get(fingerprint) ?? 0), 0);
  const values = new Map(keysOf(ring).map(({ fingerprint }) => [fingerprint, sum(fingerprint)]));
  const isComplete = fields.every(({ census }) => census.unreadable === 0);
  const isSettled = fields.every(({ census }) => census.uncommitted.length === 0);
  const { fingerprint: target } = ring.target;
  const isAll = isComplete && isSettled && ring.sources.every(({ fingerprint }) => values.get(fingerprint) === 0);
  return { values, all: isAll ? target : null, isComplete, isSettled, usedBefore };
}

/** Values are in columns that no encrypted field has: no key can be called unused. */
export const NOTHING_CERTAIN: Finding = { values: new Map(), all: null, isComplete: false, isSettled: true, usedBefore: [] };

/** The same for the end of a rotation; null if it adds nothing to what the preflight found. */
export function findingAtEnd(ring: KeyRing, ending: RotateEnding): Finding | null {
  switch (ending.kind) {
    case 'rotated':
    case 'rotated-except-unreadable':
      return findingAfter(ring, ending.fields);
    case 'not-verified':
      return { ...findingAfter(ring, ending.fields), all: null, isComplete: false };
    case 'nothing-to-do':
    case 'unreadable-rows':
      return findingOf(ring, ending.fields);
    default:
      return null;
  }
}

/** What it found under a key before, or met late, was used until now. */
function findingAfter(ring: KeyRing, fields: readonly Compared[]): Finding {
  const after = fields.map(({ field, after: census }) => ({ field, census }));
  // More were moved than the preflight had seen: they came meanwhile.
  const isLate = fields.some(({ late, before, tally }) => late > 0 || tally.rotated > countUnder(before, ring.sources));
  const used = ring.sources.filter(
    ({ fingerprint }) => isLate || fields.some(({ before }) => (before.under.get(fingerprint) ?? 0) > 0),
  );
  return findingOf(
    ring,
    after,
    used.map(({ fingerprint }) => fingerprint),
  );
}
