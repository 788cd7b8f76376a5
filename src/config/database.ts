import type { DatabaseSettings } from '../database/settings.ts';
import { allOf, refuse } from '../text/problem.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { type Environment, readVariable } from './environment.ts';

const HOUR_MS = 3_600_000;

/**
 * Reads DATABASE_URL and the timeouts.
 *
 * @throws UsageError with every problem
 */
export async function readDatabase(env: Environment): Promise<DatabaseSettings> {
  const [connection, connectTimeoutMs, statementTimeoutMs] = await allOf([
    readUrl(env),
    readMilliseconds(env, 'DATABASE_CONNECT_TIMEOUT_MS', 10_000),
    readMilliseconds(env, 'DATABASE_STATEMENT_TIMEOUT_MS', 60_000),
  ]);
  return { ...connection, connectTimeoutMs, statementTimeoutMs };
}

async function readUrl(env: Environment) {
  const hint = 'set it to postgresql://user:password@host:port/database';
  const parsed = parseDatabaseUrl(readVariable(env, 'DATABASE_URL', hint));
  return 'problem' in parsed ? refuse(`DATABASE_URL ${parsed.problem}`, hint) : parsed;
}

async function readMilliseconds(env: Environment, name: string, fallback: number): Promise<number> {
  const text = env[name];
  if (text === undefined) return fallback;
  const number = Number(text);
  const hint = 'leave it unset to use the default';
  if (text.trim() === '' || Number.isNaN(number)) return refuse(`${name} is not a number of milliseconds`, hint);
  if (!Number.isInteger(number)) return refuse(`${name} is not a whole number`, hint);
  if (number < 1) return refuse(`${name} is less than 1`, hint);
  return number > HOUR_MS ? refuse(`${name} is more than an hour`, hint) : number;
}
