import { describe, expect, it } from 'vitest';
import { snapshot } from '../../../src/terminal/progress.ts';

describe('a progress snapshot', () => {
  it.each([
    ['at the start', [0, 100, 0], { percent: 0, rowsPerSecond: 0, secondsLeft: null }],
    ['half-way', [50, 100, 5], { percent: 50, rowsPerSecond: 10, secondsLeft: 5 }],
    ['just before the end: not yet 100', [999, 1000, 10], { percent: 99, rowsPerSecond: 100, secondsLeft: 1 }],
    ['at the end', [100, 100, 2], { percent: 100, rowsPerSecond: 50, secondsLeft: 0 }],
    ['with more rows than expected', [150, 100, 3], { percent: 100, rowsPerSecond: 50, secondsLeft: 0 }],
    ['of an empty table', [0, 0, 1], { percent: 100, rowsPerSecond: 0, secondsLeft: null }],
    ['with nothing done for a while', [0, 100, 60], { percent: 0, rowsPerSecond: 0, secondsLeft: null }],
  ] as const)('%s', (_title, [done, total, seconds], expected) => {
    expect(snapshot(done, total, seconds)).toEqual(expected);
  });
});
