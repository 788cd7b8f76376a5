import { refuse } from '../text/problem.ts';
import type { Environment } from './environment.ts';

const HOUR_MS = 3_600_000;

/**
 * Reads a limit, a whole number of milliseconds up to an hour.
 *
 * @throws UsageError
 */
export async function readMilliseconds(env: Environment, name: string, fallback: number): Promise<number> {
  const text = env[name];
  if (text === undefined) return fallback;
  const number = Number(text);
  const hint = 'leave it unset to use the default';
  if (text.trim() === '' || Number.isNaN(number)) return refuse(`${name} is not a number of milliseconds`, hint);
  if (!Number.isInteger(number)) return refuse(`${name} is not a whole number`, hint);
  if (number < 1) return refuse(`${name} is less than 1`, hint);
  return number > HOUR_MS ? refuse(`${name} is more than an hour`, hint) : number;
}
