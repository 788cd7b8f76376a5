import { describe, expect, it } from 'vitest';
import { subsetsToTry } from '../../../src/escrow/subsets.ts';

describe('the subsets of shares that are tried', () => {
  it.each([
    [1, 1, 1],
    [2, 2, 1],
    [2, 3, 3],
    [3, 5, 10],
    [5, 12, 792],
    [2, 45, 990],
    [254, 255, 255],
  ])('are all of them, each once: %i of %i', (size, total, count) => {
    const subsets = subsetsToTry(size, total);
    expect(new Set(subsets.map(String)).size).toBe(count);
    expect(subsets).toHaveLength(count);
    for (const subset of subsets) expect(new Set(subset).size).toBe(size);
  });

  it.each([
    [2, 46, 23],
    [10, 25, 3],
    [128, 255, 2],
    [250, 255, 2],
    [2, 255, 128],
  ])('together hold every share where there are more than a thousand: %i of %i', (size, total, count) => {
    const subsets = subsetsToTry(size, total);
    expect(subsets).toHaveLength(count);
    for (const subset of subsets) expect(new Set(subset).size).toBe(size);
    expect([...new Set(subsets.flat())].sort((one, other) => one - other)).toEqual(
      Array.from({ length: total }, (_each, index) => index),
    );
  });
});
