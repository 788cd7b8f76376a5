import { parseConnectionUrl } from '../../src/database/connection-url.ts';
import type { DatabaseSettings } from '../../src/database/settings.ts';
import { type Database, withDatabase } from '../../src/database/with-database.ts';

/** @returns what the command line would make of a database url */
export function settingsOf(url: string): DatabaseSettings {
  const connection = parseConnectionUrl(url);
  if (connection === null) throw new Error('no connection url');
  return {
    ...connection,
    schema: 'public',
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
  };
}

/** Opens a database as a run that writes does, and that nobody interrupts. */
export function opening<T>(settings: DatabaseSettings, work: (database: Database) => Promise<T>): Promise<T> {
  return withDatabase(settings, true, new AbortController().signal, work);
}
