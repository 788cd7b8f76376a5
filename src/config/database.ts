import type { DatabaseSettings } from '../database/settings.ts';
import { allOf, refuse } from '../text/problem.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { type Environment, readVariable } from './environment.ts';
import { readMilliseconds } from './milliseconds.ts';

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

/**
 * The same, where a database is of use but not needed.
 *
 * @returns null if neither DATABASE_URL nor DATABASE_URL_FILE is set
 * @throws UsageError with every problem
 */
export async function readDatabaseIfSet(env: Environment): Promise<DatabaseSettings | null> {
  return env['DATABASE_URL'] === undefined && env['DATABASE_URL_FILE'] === undefined ? null : readDatabase(env);
}

async function readUrl(env: Environment) {
  const hint = 'set it to postgresql://user:password@host:port/database';
  const parsed = parseDatabaseUrl(readVariable(env, 'DATABASE_URL', hint));
  return 'problem' in parsed ? refuse(`DATABASE_URL ${parsed.problem}`, hint) : parsed;
}
