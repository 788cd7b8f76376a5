import { z } from 'zod';

const DEFAULT_PORT = 5432;
const DEFAULT_SCHEMA = 'public';

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
  if (!URL.canParse(url)) return refuse('is not a url (in the password, write @ : / ? # as %40 %3A %2F %3F %23)');
  const parsed = new URL(url);
  if (!['postgres:', 'postgresql:'].includes(parsed.protocol)) return refuse('does not begin with postgresql:// or postgres://');
  const host = decode(parsed.searchParams.get('host') ?? parsed.hostname);
  const name = decode(parsed.pathname.slice(1));
  const user = decode(parsed.username);
  if (host === null || name === null || user === null || decode(parsed.password) === null)
    return refuse('contains a % that begins no escape');
  if (parsed.hash !== '' || /[@/]/u.test(name))
    return refuse('has unescaped characters in its password (write @ : / ? # as %40 %3A %2F %3F %23)');
  if (host === '') return refuse('names no host');
  if (user === '') return refuse('names no user');
  if (name === '') return refuse('names no database');
  const port = parsed.port === '' ? DEFAULT_PORT : Number(parsed.port);
  return {
    url,
    host: host.replace(/^\[(.*)\]$/u, '$1'),
    port,
    name,
    user,
    schema: parsed.searchParams.get('schema') ?? DEFAULT_SCHEMA,
  };
});

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
