import { describe, expect, it } from 'vitest';
import { parseDuration, readDuration, said, untilOver } from '../../../src/commands/duration.ts';

describe('a length of time', () => {
  it.each([
    ['0m', 0],
    ['30m', 1_800_000],
    ['24h', 86_400_000],
    ['365d', 31_536_000_000],
    ['99999d', 8_639_913_600_000],
  ])('is read in minutes, hours or days: %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each([
    '',
    '24',
    'h',
    '1.5h',
    '-1d',
    '+1d',
    '1d ',
    ' 1d',
    '1 d',
    '01d',
    '1D',
    '1w',
    '10s',
    '1h30m',
    '100000d',
    '1e3d',
    '１d',
  ])('is refused if it is written in any other way: %j', (text) => {
    expect(parseDuration(text)).toBeNull();
    expect(() => readDuration('soak', text)).toThrow('--soak is not a length of time');
  });

  it('is never quoted: it may be a key in the wrong place', () => {
    const key = 'ab'.repeat(32);
    const problems = [{ message: '--max-age is not a length of time', hint: 'write minutes, hours or days: 30m, 24h or 365d' }];
    expect(() => readDuration('max-age', key)).toThrow(expect.objectContaining({ problems }));
  });

  it.each([
    [0, 'less than a minute', '1 minute'],
    [60_000, '1 minute', '1 minute'],
    [3_599_999, '59 minutes', '60 minutes'],
    [7_140_000, '1 hour', '2 hours'],
    [86_400_000, '24 hours', '24 hours'],
    [172_800_001, '2 days', '3 days'],
  ])(
    'is said in its largest unit, rounded down if it has passed, and up if it is still to pass: %i ms',
    (milliseconds, passed, left) => {
      expect([said(milliseconds), untilOver(milliseconds)]).toEqual([passed, left]);
    },
  );
});
