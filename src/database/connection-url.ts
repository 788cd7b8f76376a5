import { statSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

/** What a connection url names. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  /** What else pg needs to connect. Holds the password: never print it. */
  readonly login: ClientConfig;
}

const DEFAULT_PORT = 5432;
/** The other parameters of a url are Prisma's, or options of pg's client that are not the url's to set. */
const LOGIN = ['password', 'ssl', 'sslnegotiation', 'options'] as const;

/**
 * Reads a connection url as pg does, so that what is printed is what is connected to: `?host=`, `?port=` and `?user=` win over what
 * stands before them. What it does not name comes out empty, except for the port.
 *
 * @returns null where pg finds it wrong, or where a file that it names is missing or is not a regular one
 */
export function parseConnectionUrl(url: string): Connection | null {
  try {
    for (const [, file = ''] of url.matchAll(/[?&]ssl(?:cert|key|rootcert)=([^&]*)/gu)) {
      // A pipe could be waited for without end.
      if (!statSync(decodeURIComponent(file)).isFile()) return null;
    }
    const config = parseIntoClientConfig(sayFullVerification(url));
    const { host = '', port = DEFAULT_PORT, database: name = '', user = '' } = config;
    if (port < 1 || port > 65_535 || /\p{Cc}/u.test(host + name + user)) return null;
    const login = Object.fromEntries(LOGIN.map((option) => [option, config[option]]).filter(([, value]) => value !== undefined));
    return { host, port, name, user, login };
  } catch {
    return null;
  }
}

/** In all of these modes pg verifies the certificate, and prints a warning that it does, until told so by name (8.23). */
function sayFullVerification(url: string): string {
  if (/[?&]uselibpqcompat=true/u.test(url)) return url;
  return url.replace(/(?<=[?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/u, 'verify-full');
}
