import { parseConnectionUrl } from '../database/connection-url.ts';
import type { DatabaseSettings } from '../database/settings.ts';

const DEFAULT_SCHEMA = 'public';
const ESCAPES = 'in the password, write @ : / ? # as %40 %3A %2F %3F %23';

/**
 * Parses a `postgres://` or `postgresql://` url. Nothing that it does not name has a default, except for the port and the
 * schema. A password with unescaped characters can end up in the host or the name, which are printed: such urls are refused.
 *
 * @returns what is wrong with it, as the end of a sentence
 */
export function parseDatabaseUrl(
  url: string,
): Omit<DatabaseSettings, 'connectTimeoutMs' | 'statementTimeoutMs'> | { readonly problem: string } {
  if (url === '') return { problem: 'is empty' };
  if (/[\s\p{Cc}]/u.test(url)) return { problem: 'contains white space or control characters' };
  // The url of a socket has no host there.
  const standard = url.replace('@/', '@socket/');
  if (!URL.canParse(standard)) return { problem: `is not a url (check host and port; ${ESCAPES})` };
  const { protocol, username, password, pathname, hash, searchParams } = new URL(standard);
  if (!['postgres:', 'postgresql:'].includes(protocol)) return { problem: 'does not begin with postgresql:// or postgres://' };
  if (![username, password, pathname].every(isDecodable)) return { problem: 'contains a % that is not part of an escape' };
  if (hash !== '' || /[@/]/u.test(pathname.slice(1))) return { problem: `has an unescaped / # or @ (${ESCAPES})` };
  const connection = parseConnectionUrl(url);
  if ('problem' in connection) return connection;
  if (connection.host === '') return { problem: 'names no host' };
  if (connection.user === '') return { problem: 'names no user' };
  if (connection.name === '') return { problem: 'names no database' };
  return { ...connection, schema: searchParams.get('schema') ?? DEFAULT_SCHEMA };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
