import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { parseDatabaseUrl } from '../../../src/config/database-url.ts';

const ESCAPES = 'in the password, write @ : / ? # as %40 %3A %2F %3F %23';
const NO_URL = `is not a url (check host and port; ${ESCAPES})`;
const UNESCAPED = `has an unescaped / # or @ (${ESCAPES})`;
const UNKNOWN_MODE =
  'has an unknown value for sslmode: known values are disable, no-verify, prefer, require, verify-ca, verify-full';
const NO_AUTHORITY =
  'has sslmode=verify-ca without sslrootcert=FILE: name the certificate of the authority, or use sslmode=verify-full';
const folder = mkdtempSync(path.join(tmpdir(), 'database-url-'));
const authority = path.join(folder, 'authority.pem');
writeFileSync(authority, 'authority');
afterAll(() => rmSync(folder, { recursive: true }));
const NO_FILE = 'names a file in sslrootcert that is missing or not a regular file';

function parse(url: string): Exclude<ReturnType<typeof parseDatabaseUrl>, { problem: string }> {
  const parsed = parseDatabaseUrl(url);
  return 'problem' in parsed ? expect.fail(`refused: it ${parsed.problem}`) : parsed;
}

function problemOf(url: string): string {
  const parsed = parseDatabaseUrl(url);
  return 'problem' in parsed ? parsed.problem : expect.fail(`accepted: ${url}`);
}

describe('the database url', () => {
  it.each<[url: string, parts: object]>([
    ['postgres://u:p@h/d', { host: 'h', port: 5432, name: 'd', user: 'u', schema: 'public' }],
    ['postgresql://u@db.example.com:6543/d', { host: 'db.example.com', port: 6543, name: 'd', user: 'u', schema: 'public' }],
    ['postgres://u:p%40%2F%3A@h/d', { host: 'h', name: 'd', user: 'u' }],
    ['postgres://u%40corp:p@h/my%20db', { user: 'u@corp', name: 'my db' }],
    ['postgres://u:p@h/d?schema=tenant&sslmode=require', { name: 'd', schema: 'tenant' }],
    ['postgres://u:p@[::1]:5433/d', { host: '::1', port: 5433 }],
    ['postgres://u:p@localhost/d?host=/var/run/postgresql', { host: '/var/run/postgresql', name: 'd' }],
    ['postgres://u:p@/d?host=/var/run/postgresql', { host: '/var/run/postgresql', port: 5432, name: 'd' }],
    ['postgres://u:p@h:1/d?port=2&user=v&host=i', { host: 'i', port: 2, user: 'v' }],
  ])('%s is taken apart as the driver takes it', (url, parts) => {
    expect(parse(url)).toMatchObject(parts);
  });

  it.each<[parameters: string, login: object]>([
    ['', { password: 'p@/' }],
    ['?sslmode=disable', { password: 'p@/', ssl: false }],
    ['?sslmode=no-verify', { password: 'p@/', ssl: { rejectUnauthorized: false } }],
    ['?sslmode=verify-full', { password: 'p@/', ssl: {} }],
    ['?sslmode=require&schema=s', { password: 'p@/', ssl: {} }],
    ['?ssl=true', { password: 'p@/', ssl: true }],
    ['?ssl=false', { password: 'p@/', ssl: false }],
    ['?ssl=0', { password: 'p@/', ssl: false }],
    ['?sslnegotiation=direct', { password: 'p@/', ssl: true, sslnegotiation: 'direct' }],
    [`?sslmode=verify-full&sslrootcert=${authority}`, { password: 'p@/', ssl: { ca: 'authority' } }],
    ['?uselibpqcompat=true&sslmode=require', { password: 'p@/', ssl: { rejectUnauthorized: false } }],
    ['?pgbouncer=true&connection_limit=1&binary=true&query_timeout=1&channel_binding=require', { password: 'p@/' }],
  ])('hands the driver what it needs to log in, and nothing else: %s', (parameters, login) => {
    expect(parse(`postgres://u:p%40%2F@h/d${parameters}`).login).toEqual(login);
  });

  it('verifies the chain but not the name with verify-ca, as libpq does', () => {
    for (const compat of ['', '&uselibpqcompat=true']) {
      const { ssl } = parse(`postgres://u:p@h/d?sslmode=verify-ca&sslrootcert=${authority}${compat}`).login;
      expect(ssl).toEqual({ ca: 'authority', checkServerIdentity: expect.any(Function) });
      if (typeof ssl !== 'object') continue;
      expect(ssl.checkServerIdentity?.('another.host', new TLSSocket(new Socket()).getPeerCertificate())).toBeUndefined();
    }
  });

  it('avoids the warnings of the driver', async () => {
    const warnings: unknown[] = [];
    const remember = (warning: unknown) => warnings.push(warning);
    process.on('warning', remember);
    for (const mode of ['prefer', 'require', 'verify-ca']) parse(`postgres://u:p@h/d?sslmode=${mode}&sslrootcert=${authority}`);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', remember);
    expect(warnings).toEqual([]);
  });

  it.each<[url: string, problem: string]>([
    ['', 'is empty'],
    ['postgres://u:p@h/d\n', 'contains white space or control characters'],
    ['postgres://u:p p@h/d', 'contains white space or control characters'],
    ['postgres://u:p@h/d\u001b[2J', 'contains white space or control characters'],
    ['localhost', NO_URL],
    ['postgres://u:p/x@h/d', NO_URL],
    ['mysql://u:p@h/d', 'does not begin with postgresql:// or postgres://'],
    ['https://u:p@h/d', 'does not begin with postgresql:// or postgres://'],
    ['postgres://u:p%zz@h/d', 'contains a % that is not part of an escape'],
    ['postgres://u:p@h/%', 'contains a % that is not part of an escape'],
    ['postgres://u:p#x@h/d', NO_URL],
    ['postgres://u:1#x@h/d', UNESCAPED],
    ['postgres://u:1/x@h/d', UNESCAPED],
    ['postgres://u:p@h:99999/d', NO_URL],
    ['postgres://u:p@h/d/', UNESCAPED],
    ['postgres://u:p@h/d?port=abc', 'has a port that is not a number'],
    ['postgres://u:p@h/d?port=5432x', 'has a port that is not a number'],
    ['postgres://u:p@h/d?port=99999', 'has a port that is not between 1 and 65535'],
    ['postgres://u:p@h/d?port=-1', 'has a port that is not a number'],
    ['postgres://u:p@h/d?host=%00x', 'contains control characters'],
    ['postgres://u:p@h/d?schema=', 'has an empty schema'],
    ['postgres://u:p@h/d?schema=a&schema=b', 'has the query parameter schema twice'],
    ['postgres://u:p@h/d?sslmode=nonsense', UNKNOWN_MODE],
    ['postgres://u:p@h/d?sslmode=allow', UNKNOWN_MODE],
    ['postgres://u:p@h/d?sslmode=', UNKNOWN_MODE],
    ['postgres://u:p@h/d?ssl=no-verify', 'has an unknown value for ssl: known values are true, false, 1, 0'],
    ['postgres://u:p@h/d?sslnegotiation=x', 'has an unknown value for sslnegotiation: known values are postgres, direct'],
    ['postgres://u:p@h/d?uselibpqcompat=1', 'has an unknown value for uselibpqcompat: known values are true, false'],
    ['postgres://u:p@h/d?ssl=true&sslmode=disable', 'has both sslmode=disable and ssl=true'],
    ['postgres://u:p@h/d?ssl=0&sslnegotiation=direct', 'has sslnegotiation=direct, which needs TLS, but turns TLS off'],
    [
      'postgres://u:p@h/d?uselibpqcompat=true&sslmode=no-verify',
      'has sslmode=no-verify, which uselibpqcompat=true does not support: leave uselibpqcompat out',
    ],
    ['postgres://u:p@h/d?sslmode=verify-ca', NO_AUTHORITY],
    ['postgres://u:p@h/d?sslmode=verify-ca&uselibpqcompat=true', NO_AUTHORITY],
    ['postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/no/such.pem', NO_FILE],
    ['postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/dev/zero', NO_FILE],
    ['postgres://u:p@h/d?sslmode=verify-full&%73slrootcert=/dev/zero', NO_FILE],
    ['postgres:///d', 'names no host'],
    ['postgres://h/d', 'names no user'],
    ['postgres://u:p@h', 'names no database'],
    ['postgres://u:p@h/', 'names no database'],
  ])('"%s" is refused', (url, problem) => {
    expect(parseDatabaseUrl(url)).toEqual({ problem });
  });

  it.each([
    ['SCHEMA=tenant', 'has the unknown query parameter SCHEMA: known parameters are '],
    ['search_path=tenant', 'has the unknown query parameter search_path: known parameters are '],
    ['sslMode=require', 'has the unknown query parameter sslMode: known parameters are '],
    ['replication=database', 'has the unknown query parameter replication: known parameters are '],
    // The rest of a password, after an & or a ? that is not escaped.
    ['password=hunter&hush', 'has an unknown query parameter: known parameters are '],
    ['hush&x@h/d', 'has an unknown query parameter: known parameters are '],
    ['hush!', 'has an unknown query parameter: known parameters are '],
  ])('?%s is refused, since neither pg nor Prisma knows it', (parameters, problem) => {
    const said = problemOf(`postgres://u:p@h/d?${parameters}`);
    expect(said.startsWith(problem), said).toBe(true);
    expect(said).toMatch(/: known parameters are application_name, .*, schema, /u);
    expect(said).not.toContain('hush');
  });

  it('shows no part of a password in what is printed', () => {
    const { login: _login, ...printed } = parse('postgres://u:hunter2@h/d?schema=s');
    expect(JSON.stringify(printed)).not.toContain('hunter2');
  });
});
