import { refuse } from '../text/problem.ts';

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads a length of time such as `30m`, `24h` or `365d`.
 *
 * @returns milliseconds; null if it is written in any other way
 */
export function parseDuration(text: string): number | null {
  const { number, unit } = /^(?<number>0|[1-9][0-9]{0,4})(?<unit>[mhd])$/u.exec(text)?.groups ?? {};
  return unit === 'm' || unit === 'h' || unit === 'd' ? Number(number) * UNIT_MS[unit] : null;
}

/**
 * Reads the value of an option that is a length of time.
 *
 * @returns milliseconds
 * @throws UsageError
 */
export function readDuration(flag: string, text: string): number {
  return parseDuration(text) ?? refuse(`--${flag} is not a length of time`, 'write minutes, hours or days: 30m, 24h or 365d');
}

/** @returns a length of time in its largest whole unit, such as `3 days` */
export function said(milliseconds: number): string {
  return milliseconds < UNIT_MS.m ? 'less than a minute' : inUnits(milliseconds, Math.floor);
}

/** @returns the same, rounded up: after that it is over */
export function untilOver(milliseconds: number): string {
  return inUnits(Math.max(milliseconds, UNIT_MS.m), Math.ceil);
}

function inUnits(milliseconds: number, round: (count: number) => number): string {
  const [size, unit] =
    milliseconds >= 2 * UNIT_MS.d ? [UNIT_MS.d, 'day'] : milliseconds >= UNIT_MS.h ? [UNIT_MS.h, 'hour'] : [UNIT_MS.m, 'minute'];
  const count = round(milliseconds / Number(size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
