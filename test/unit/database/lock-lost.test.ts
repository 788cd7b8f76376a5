import { describe, expect, it } from 'vitest';
import { DatabaseError } from '../../../src/database/database-error.ts';
import { lockLost, Standstill } from '../../../src/database/lock-lost.ts';

const cut = new DatabaseError('the connection was cut', 'look at the network');

describe('the time for which the process did not run', () => {
  it('is no longer than the interval while the timer fires, no matter how long an answer takes', () => {
    const standstill = new Standstill(1000);
    for (let now = 6000; now <= 91_000; now += 5000) standstill.tick(now);
    expect(standstill.milliseconds(93_000)).toBe(5000);
  });

  it.each([
    ['before the timer fires again', []],
    ['after it', [80_000]],
    ['after it, and a little later', [80_000, 82_000]],
  ])('is known if the loss is noticed %s', (_title, ticks) => {
    const standstill = new Standstill(5000);
    standstill.tick(10_000);
    for (const now of ticks.slice(0, 1)) standstill.tick(now);
    expect(standstill.milliseconds(ticks.at(-1) ?? 80_000)).toBe(70_000);
  });

  it('is forgotten once the process has run for a while', () => {
    const standstill = new Standstill(0);
    standstill.tick(70_000);
    standstill.tick(75_000);
    expect(standstill.milliseconds(76_000)).toBe(5000);
  });
});

describe('the loss of the lock', () => {
  it.each([
    [0, 'the lock was lost: the connection was cut'],
    [20_000, 'the lock was lost: the connection was cut'],
    [20_001, 'the lock was lost: this process was suspended for 20 s (did the machine sleep?): the connection was cut'],
    [70_400, 'the lock was lost: this process was suspended for 70 s (did the machine sleep?): the connection was cut'],
  ])('is said for what it is, behind a standstill of %i ms', (standstillMs, message) => {
    expect(lockLost(cut, false, standstillMs)).toMatchObject({ message, hint: 'look at the network', refused: false });
  });

  it('by the idle limit, which the tool itself sets, comes without advice to lift it', () => {
    expect(lockLost(cut, true, 0).hint).toBeNull();
  });
});
