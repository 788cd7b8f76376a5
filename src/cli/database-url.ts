import { z } from 'zod';
import { parseConnectionUrl } from '../database/connection-url.ts';

const DEFAULT_SCHEMA = 'public';
const ESCAPES = 'in the password, write @ : / ? # as %40 %3A %2F %3F %23';

/**
 * A `postgres://` or `postgresql://` url, taken apart. What it does not name is not invented, except for the port and the
 * schema. A password with unescaped characters can end up in the host or the name, which are printed: such urls are refused.
 */
export const databaseUrl = z.string().transform((url, context) => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (url === '') return refuse('is empty');
  if (/[\s\p{Cc}]/u.test(url)) return refuse('contains white space or control characters');
  // A socket's url has no host in that place.
  const standard = url.replace('@/', '@socket/');
  if (!URL.canParse(standard)) return refuse(`is not a url (check host and port; ${ESCAPES})`);
  const { protocol, username, password, pathname, hash, searchParams } = new URL(standard);
  if (!['postgres:', 'postgresql:'].includes(protocol)) return refuse('does not begin with postgresql:// or postgres://');
  if (![username, password, pathname].every(isDecodable)) return refuse('contains a % that begins no escape');
  if (hash !== '' || /[@/]/u.test(pathname.slice(1))) return refuse(`has a / # or @ where none can be (${ESCAPES})`);
  const connection = parseConnectionUrl(url);
  if ('problem' in connection) return refuse(connection.problem);
  if (connection.host === '') return refuse('names no host');
  if (connection.user === '') return refuse('names no user');
  if (connection.name === '') return refuse('names no database');
  return { ...connection, schema: searchParams.get('schema') ?? DEFAULT_SCHEMA };
});

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
