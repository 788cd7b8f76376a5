import { describe, expect, it } from 'vitest';
import { unencryptedTo } from '../../../src/database/connection-url.ts';
import { settingsOf } from '../../support/tool/settings.ts';

describe('a connection goes unencrypted to another machine', () => {
  it.each<[url: string, pgSslMode: string | undefined, host: string | null]>([
    ['postgres://u:p@db.example.com/d', undefined, 'db.example.com'],
    ['postgres://u:p@db.example.com/d?sslmode=disable', 'require', 'db.example.com'],
    ['postgres://u:p@db.example.com/d?ssl=false', 'require', 'db.example.com'],
    ['postgres://u:p@db.example.com/d', 'disable', 'db.example.com'],
    ['postgres://u:p@localhost/d?host=db.example.com', undefined, 'db.example.com'],
    ['postgres://u:p@10.0.0.1/d', undefined, '10.0.0.1'],
    ['postgres://u:p@127.0.0.1.example.com/d', undefined, '127.0.0.1.example.com'],
    ['postgres://u:p@localhost.example.com/d', undefined, 'localhost.example.com'],
    ['postgres://u:p@[2001:db8::1]/d', undefined, '2001:db8::1'],
    // With TLS, whether or not the certificate is verified.
    ['postgres://u:p@db.example.com/d?sslmode=verify-full', undefined, null],
    ['postgres://u:p@db.example.com/d?sslmode=no-verify', undefined, null],
    ['postgres://u:p@db.example.com/d?ssl=true', undefined, null],
    ['postgres://u:p@db.example.com/d?sslnegotiation=direct', undefined, null],
    ['postgres://u:p@db.example.com/d', 'require', null],
    // This machine.
    ['postgres://u:p@localhost/d', undefined, null],
    ['postgres://u:p@LOCALHOST/d', undefined, null],
    ['postgres://u:p@127.0.0.1/d', undefined, null],
    ['postgres://u:p@127.8.9.1/d?sslmode=disable', undefined, null],
    ['postgres://u:p@[::1]/d', undefined, null],
    ['postgres://u:p@/d?host=/var/run/postgresql', undefined, null],
  ])('%s with PGSSLMODE %s: %s', (url, pgSslMode, host) => {
    expect(unencryptedTo(settingsOf(url), pgSslMode)).toBe(host);
  });
});
