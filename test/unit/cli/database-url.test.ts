import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { databaseUrl } from '../../../src/cli/database-url.ts';

const ESCAPES = 'in the password, write @ : / ? # as %40 %3A %2F %3F %23';
const NO_URL = `is not a url (check host and port; ${ESCAPES})`;
const UNESCAPED = `has a / # or @ where none can be (${ESCAPES})`;
const WRONG_PARAMETER = 'has a parameter behind its ? that is wrong, or names a file that is not there';

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
    expect(databaseUrl.parse(url)).toMatchObject(parts);
  });

  it.each<[parameters: string, login: object]>([
    ['', { password: 'p@/' }],
    ['?sslmode=disable', { password: 'p@/', ssl: false }],
    ['?sslmode=no-verify', { password: 'p@/', ssl: { rejectUnauthorized: false } }],
    ['?sslmode=verify-full', { password: 'p@/', ssl: {} }],
    ['?sslmode=require&schema=s', { password: 'p@/', ssl: {} }],
    ['?uselibpqcompat=true&sslmode=require', { password: 'p@/', ssl: { rejectUnauthorized: false } }],
    ['?pgbouncer=true&connection_limit=1&binary=true&Client=x&query_timeout=1&stream=x', { password: 'p@/' }],
  ])('hands the driver what it needs to log in, and nothing else: %s', (parameters, login) => {
    expect(databaseUrl.parse(`postgres://u:p%40%2F@h/d${parameters}`).login).toEqual(login);
  });

  it('warns of nothing that the driver would warn of', async () => {
    const warnings: unknown[] = [];
    const remember = (warning: unknown) => warnings.push(warning);
    process.on('warning', remember);
    for (const mode of ['prefer', 'require', 'verify-ca']) databaseUrl.parse(`postgres://u:p@h/d?sslmode=${mode}`);
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
    ['postgres://u:p%zz@h/d', 'contains a % that begins no escape'],
    ['postgres://u:p@h/%', 'contains a % that begins no escape'],
    ['postgres://u:p#x@h/d', NO_URL],
    ['postgres://u:1#x@h/d', UNESCAPED],
    ['postgres://u:1/x@h/d', UNESCAPED],
    ['postgres://u:p@h:99999/d', NO_URL],
    ['postgres://u:p@h/d/', UNESCAPED],
    ['postgres://u:p@h/d?port=abc', WRONG_PARAMETER],
    ['postgres://u:p@h/d?port=99999', WRONG_PARAMETER],
    ['postgres://u:p@h/d?port=-1', WRONG_PARAMETER],
    ['postgres://u:p@h/d?host=%00x', WRONG_PARAMETER],
    ['postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/no/such.pem', WRONG_PARAMETER],
    ['postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/dev/zero', WRONG_PARAMETER],
    ['postgres://u:p@h/d?sslmode=verify-ca&uselibpqcompat=true', WRONG_PARAMETER],
    ['postgres:///d', 'names no host'],
    ['postgres://h/d', 'names no user'],
    ['postgres://u:p@h', 'names no database'],
    ['postgres://u:p@h/', 'names no database'],
  ])('"%s" is refused', (url, problem) => {
    expect(databaseUrl.safeParse(url).error?.issues.map(({ message }) => message)).toEqual([problem]);
  });

  it('shows nothing of a password in the parts that are printed', () => {
    const { login: _login, ...printed } = databaseUrl.parse('postgres://u:hunter2@h/d?schema=s');
    expect(JSON.stringify(printed)).not.toContain('hunter2');
  });
});
