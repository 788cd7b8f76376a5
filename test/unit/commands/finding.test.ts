import { describe, expect, it } from 'vitest';
import { findingAtEnd } from '../../../src/commands/finding.ts';
import { fingerprints, ring } from '../rotation/table.ts';
import { census, compared } from './endings.ts';

describe('what a rotation found', () => {
  const under = (old: number, fresh: number) => ({
    ...census(old, fresh),
    under: new Map([
      [fingerprints.old, old],
      [fingerprints.new, fresh],
    ]),
  });
  const found = (before: number, rotated: number, late = 0) => {
    const one = compared(under(0, 12), { before: under(before, 12 - before), late });
    return findingAtEnd(ring, { kind: 'rotated', fields: [{ ...one, tally: { ...one.tally, rotated } }] })?.usedBefore;
  };

  it.each([
    ['values at first', 3, 3, 0],
    ['values that came later', 0, 2, 2],
    ['values that came, and were moved by the pass that met them', 0, 1, 0],
  ])('does not call the source key unused before: %s', (_, before, rotated, late) => {
    expect(found(before, rotated, late)).toEqual([fingerprints.old]);
  });

  it('leaves a source key alone under which nothing was found or moved', () => {
    expect(found(0, 0)).toEqual([]);
  });
});
