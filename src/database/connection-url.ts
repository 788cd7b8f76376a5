import { statSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { isThisMachine } from '../text/this-machine.ts';
import { parameterProblem } from './url-parameters.ts';

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
/** The other parameters of a url are Prisma's, or options of pg's client that the url must not set. */
const LOGIN = ['password', 'ssl', 'sslnegotiation', 'options'] as const;
/** The values of PGSSLMODE that make pg use TLS if the url does not say (8.23). */
const TLS_MODES = ['prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/**
 * Reads a connection url as pg does, so that what is printed is what is connected to: `?host=`, `?port=` and `?user=` win over the
 * authority. What it does not name is returned empty, except for the port.
 *
 * @returns what is wrong, as the end of a sentence: a parameter, or a file that it names and that is missing or not a regular one
 */
export function parseConnectionUrl(url: string): Connection | { readonly problem: string } {
  try {
    const { searchParams } = new URL(url.replace('@/', '@socket/'));
    const problem = parameterProblem(searchParams) ?? fileProblem(searchParams);
    if (problem !== null) return { problem };
    const config = parseIntoClientConfig(sayFullVerification(url));
    const { host = '', port = DEFAULT_PORT, database: name = '', user = '' } = config;
    if (port < 1 || port > 65_535) return { problem: 'has a port that is not between 1 and 65535' };
    if (/\p{Cc}/u.test(host + name + user)) return { problem: 'contains control characters' };
    const login = Object.fromEntries(LOGIN.map((option) => [option, config[option]]).filter(([, value]) => value !== undefined));
    return { host, port, name, user, login: { ...login, ...chosenTls(searchParams, login['ssl']) } };
  } catch {
    return { problem: 'has an invalid query parameter' };
  }
}

/**
 * Tells whether a connection to another machine is unencrypted, so that anybody in between can read the password and the rows.
 *
 * @param pgSslMode - PGSSLMODE of the process, which pg uses if the url says nothing about TLS
 * @returns the host of that machine; null for one with TLS, and for this machine
 */
export function unencryptedTo({ host, login }: Pick<Connection, 'host' | 'login'>, pgSslMode?: string): string | null {
  const encrypted = login.ssl === undefined ? TLS_MODES.includes(pgSslMode ?? '') : login.ssl !== false;
  return encrypted || isThisMachine(host) ? null : host;
}

/** Reading a pipe could block forever. */
function fileProblem(parameters: URLSearchParams): string | null {
  for (const name of ['sslcert', 'sslkey', 'sslrootcert']) {
    const file = parameters.get(name);
    if (file && statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      return `names a file in ${name} that is missing or not a regular file`;
  }
  return null;
}

/**
 * What pg would misread: it treats `ssl=false` as if nothing was said about TLS, and verify-ca as verify-full (8.23). In libpq,
 * verify-ca verifies the whole chain of the certificate and accepts any name: https://www.postgresql.org/docs/current/libpq-ssl.html
 */
function chosenTls(parameters: URLSearchParams, ssl: unknown): Pick<ClientConfig, 'ssl'> {
  const mode = parameters.get('sslmode');
  if (mode === 'verify-ca' && typeof ssl === 'object') return { ssl: { ...ssl, checkServerIdentity: () => undefined } };
  if (mode === null && parameters.get('ssl') === 'false' && ssl === undefined) return { ssl: false };
  return {};
}

/** In all of these modes pg verifies the certificate, and warns about it unless the mode is called verify-full (8.23). */
function sayFullVerification(url: string): string {
  if (/[?&]uselibpqcompat=true/u.test(url)) return url;
  return url.replace(/(?<=[?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/u, 'verify-full');
}
