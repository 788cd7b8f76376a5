import type { DatabaseSettings } from '../../src/database/settings.ts';

/** @returns what the command line would make of a database url */
export function settingsOf(url: string): DatabaseSettings {
  const { hostname, port, pathname, username } = new URL(url);
  return {
    url,
    host: hostname,
    port: Number(port),
    name: pathname.slice(1),
    user: username,
    schema: 'public',
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
  };
}
