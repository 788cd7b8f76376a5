import type { DatabaseSettings } from '../../src/database/settings.ts';
import { type Database, withDatabase } from '../../src/database/with-database.ts';

/** Opens a database as a run that writes does, and that nobody interrupts. */
export function opening<T>(settings: DatabaseSettings, work: (database: Database) => Promise<T>): Promise<T> {
  return withDatabase(settings, true, new AbortController().signal, work);
}
