import { parseConnectionUrl } from '../../../src/database/connection-url.ts';
import type { DatabaseSettings } from '../../../src/database/settings.ts';

/** @returns what the command line would make of a database url */
export function settingsOf(url: string): DatabaseSettings {
  const connection = parseConnectionUrl(url);
  if ('problem' in connection) throw new Error(`the URL ${connection.problem}`);
  return {
    ...connection,
    schema: 'public',
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
  };
}
