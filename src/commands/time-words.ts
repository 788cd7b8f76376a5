const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** @returns a length of time, rounded down to a whole number of minutes, hours or days, such as `36 hours` */
export function said(milliseconds: number): string {
  if (milliseconds < MINUTE_MS) return 'less than a minute';
  if (milliseconds < 2 * HOUR_MS) return counted(milliseconds / MINUTE_MS, 'minute');
  if (milliseconds < 2 * DAY_MS) return counted(milliseconds / HOUR_MS, 'hour');
  return counted(milliseconds / DAY_MS, 'day');
}

function counted(units: number, unit: string): string {
  const count = Math.floor(units);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** @returns the day, in UTC, as 2026-11-29 */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** @returns the minute that begins next, in UTC, as `2026-11-29 14:05 UTC` */
export function minuteAfter(time: Date): string {
  const next = new Date(Math.ceil(time.getTime() / MINUTE_MS) * MINUTE_MS);
  return `${dayOf(next)} ${next.toISOString().slice(11, 16)} UTC`;
}

/** @returns for example `2026-11-29 (12 days ago)` */
export function dated(time: Date, now: Date): string {
  return `${dayOf(time)} (${said(now.getTime() - time.getTime())} ago)`;
}
