import { describe, expect, it } from 'vitest';
import { dayOf, minuteAfter, said } from '../../../src/commands/time-words.ts';

describe('times as they are said', () => {
  it.each([
    [0, 'less than a minute'],
    [60_000, '1 minute'],
    [7_140_000, '119 minutes'],
    [7_200_000, '2 hours'],
    [172_799_999, '47 hours'],
    [172_800_001, '2 days'],
  ])('are rounded down: %i ms', (milliseconds, text) => {
    expect(said(milliseconds)).toBe(text);
  });

  it.each([
    ['2026-11-29T14:04:00.001Z', '2026-11-29 14:05 UTC'],
    ['2026-11-29T14:05:00.000Z', '2026-11-29 14:05 UTC'],
    ['2026-11-29T23:59:30.000Z', '2026-11-30 00:00 UTC'],
  ])('name a minute by which the time is over: %s', (time, text) => {
    expect(minuteAfter(new Date(time))).toBe(text);
    expect(dayOf(new Date(time))).toBe('2026-11-29');
  });
});
