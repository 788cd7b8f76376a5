import { describe, expect, it } from 'vitest';
import { IdCounts } from '../../../src/rotation/id-counts.ts';
import { idOf } from './table.ts';

function counting(...ids: readonly string[]): IdCounts {
  const counts = new IdCounts();
  for (const id of ids) counts.add(id);
  return counts;
}

describe('the rows that were added and removed', () => {
  it.each<[came: number, went: number, before: string[], after: string[]]>([
    [0, 0, [], []],
    [0, 0, ['a', 'b'], ['b', 'a']],
    [1, 0, ['a'], ['a', 'b']],
    [0, 1, ['a', 'b'], ['b']],
    [1, 1, ['a', 'b'], ['a', 'c']],
    [2, 0, ['a'], ['a', 'a', 'a']],
  ])('%i and %i', (came, went, before, after) => {
    expect(counting(...before).trafficUntil(counting(...after))).toEqual({ came, went });
  });

  it('are exact for hundreds among ten thousand, or miss the same few on both sides', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => idOf(index));
    const { came, went } = counting(...ids.slice(0, -300)).trafficUntil(counting(...ids.slice(200)));
    expect(came - went).toBe(100);
    expect(came).toBeGreaterThanOrEqual(298);
    expect(came).toBeLessThanOrEqual(300);
  });

  it('are exact if rows were only added, wherever they fall', () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => idOf(index));
    expect(counting().trafficUntil(counting(...ids))).toEqual({ came: 100_000, went: 0 });
  });

  it('are still counted beyond what one bucket holds', () => {
    const many = Array.from({ length: 65_540 }, () => 'the same');
    expect(counting(...many).trafficUntil(counting(...many, 'the same'))).toEqual({ came: 1, went: 0 });
    expect(counting(...many).trafficUntil(counting(...many.slice(6)))).toEqual({ came: 0, went: 6 });
  });

  it('are distinguished if their ids differ in one character, at either end', () => {
    const ids = ['a0', 'b0', 'a1', '0a', '0b', '1a', 'é', 'è', ''];
    for (const id of ids) {
      const others = ids.filter((other) => other !== id);
      expect(counting(...ids).trafficUntil(counting(...others))).toEqual({ came: 0, went: 1 });
      expect(counting(id).trafficUntil(counting(others[0] ?? ''))).toEqual({ came: 1, went: 1 });
    }
  });
});
