import type { KeyStatus } from './keys.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** @returns for example `the first key`, or `key 6e7fb588add07276` if it is not set */
export function called({ name, fingerprint }: KeyStatus): string {
  return name === null ? `key ${fingerprint}` : `the ${name} key`;
}

/** @returns for example `the second key and key 6e7fb588add07276` */
export function allCalled(keys: readonly KeyStatus[]): string {
  const names = keys.map(called);
  return names.length < 3 ? names.join(' and ') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** @returns a length of time in the largest unit of which there are two, such as `12 days` or `1 hour` */
export function lengthOf(milliseconds: number): string {
  const [unit, name] =
    milliseconds >= 2 * DAY_MS ? [DAY_MS, 'day'] : milliseconds >= HOUR_MS ? [HOUR_MS, 'hour'] : [MINUTE_MS, 'minute'];
  const number = Math.max(0, Math.floor(milliseconds / Number(unit)));
  return `${number} ${name}${number === 1 ? '' : 's'}`;
}

/** @returns for example `2026-11-29 (12 days ago)` */
export function dated(time: Date, now: Date): string {
  const age = now.getTime() - time.getTime();
  return `${time.toISOString().slice(0, 10)} (${age < MINUTE_MS ? 'just now' : `${lengthOf(age)} ago`})`;
}
