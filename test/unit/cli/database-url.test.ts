import { describe, expect, it } from 'vitest';
import { databaseUrl } from '../../../src/cli/database-url.ts';

const UNESCAPED = 'has unescaped characters in its password (write @ : / ? # as %40 %3A %2F %3F %23)';

describe('the database url', () => {
  it.each<[url: string, parts: object]>([
    ['postgres://u:p@h/d', { host: 'h', port: 5432, name: 'd', user: 'u', schema: 'public' }],
    ['postgresql://u@db.example.com:6543/d', { host: 'db.example.com', port: 6543, name: 'd', user: 'u', schema: 'public' }],
    ['postgres://u:p%40%2F%3A@h/d', { host: 'h', name: 'd', user: 'u' }],
    ['postgres://u%40corp:p@h/my%20db', { user: 'u@corp', name: 'my db' }],
    ['postgres://u:p@h/d?schema=tenant&sslmode=require', { name: 'd', schema: 'tenant' }],
    ['postgres://u:p@[::1]:5433/d', { host: '::1', port: 5433 }],
    ['postgres://u:p@localhost/d?host=/var/run/postgresql', { host: '/var/run/postgresql', name: 'd' }],
  ])('%s is taken apart, and kept as it is for the driver', (url, parts) => {
    expect(databaseUrl.parse(url)).toMatchObject({ url, ...parts });
  });

  it.each<[url: string, problem: string]>([
    ['', 'is empty'],
    ['postgres://u:p@h/d\n', 'contains white space or control characters'],
    ['postgres://u:p p@h/d', 'contains white space or control characters'],
    ['postgres://u:p@h/d\u001b[2J', 'contains white space or control characters'],
    ['localhost', 'is not a url (in the password, write @ : / ? # as %40 %3A %2F %3F %23)'],
    ['postgres://u:p/x@h/d', 'is not a url (in the password, write @ : / ? # as %40 %3A %2F %3F %23)'],
    ['mysql://u:p@h/d', 'does not begin with postgresql:// or postgres://'],
    ['https://u:p@h/d', 'does not begin with postgresql:// or postgres://'],
    ['postgres://u:p%zz@h/d', 'contains a % that begins no escape'],
    ['postgres://u:p@h/%', 'contains a % that begins no escape'],
    ['postgres://u:p#x@h/d', 'is not a url (in the password, write @ : / ? # as %40 %3A %2F %3F %23)'],
    ['postgres://u:1#x@h/d', UNESCAPED],
    ['postgres://u:1/x@h/d', UNESCAPED],
    ['postgres:///d', 'names no host'],
    ['postgres://h/d', 'names no user'],
    ['postgres://u:p@h', 'names no database'],
    ['postgres://u:p@h/', 'names no database'],
  ])('"%s" is refused', (url, problem) => {
    expect(databaseUrl.safeParse(url).error?.issues.map(({ message }) => message)).toEqual([problem]);
  });

  it('shows nothing of a password in the parts that are printed', () => {
    const { url: _url, ...printed } = databaseUrl.parse('postgres://u:hunter2@h/d?schema=s');
    expect(JSON.stringify(printed)).not.toContain('hunter2');
  });
});
