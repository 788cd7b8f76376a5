import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREATE_TABLES } from '../support/application/application.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../support/server/embedded-postgres.ts';
import { killAndRestart } from '../support/server/kill-server.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { failureOf, THEN_RUN_AGAIN } from '../support/tool/failure-of.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const keys = newKeys();
const hasOpenSsl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
if (!hasOpenSsl) console.log('errors-server: there is no openssl on this machine, the tests of certificates are skipped');

/** A server of its own: its configuration and its files are changed. */
let server: EmbeddedPostgres;
let pool: Pool;
let url: string;
let address: string;
const env = (parameters = '') => environment(keys, `${url}${parameters}`);
const file = (name: string) => path.join(server.folder, name);

beforeAll(async () => {
  server = await startEmbeddedPostgres();
  url = `${server.url}postgres`;
  address = new URL(url).host;
  secret(new URL(url).password);
  pool = newPool();
  await pool.query(CREATE_TABLES);
});

function newPool(): Pool {
  const fresh = new Pool({ connectionString: url, max: 2 });
  // Its idle connections die with the server.
  fresh.on('error', () => {});
  return fresh;
}

/** Restarts it with its current configuration: nobody is told when a reload is done. */
async function restart(): Promise<void> {
  await pool.end();
  await killAndRestart(server);
  pool = newPool();
}

afterAll(async () => {
  await pool.end();
  await server.stop();
});

describe('without TLS on the server', () => {
  it('sslmode=require is told that it supports none', async () => {
    expect(await failureOf(runHere([], env('?sslmode=require')))).toEqual({
      message: `${address} does not accept encrypted connections`,
      hint: `set sslmode=disable in DATABASE_URL if you trust the network in between${THEN_RUN_AGAIN}`,
    });
  });
});

describe.skipIf(!hasOpenSsl)('with a certificate for db.example.com, of an authority of our own', () => {
  beforeAll(async () => {
    for (const name of ['authority', 'another-authority']) makeAuthority(name);
    makeServerCertificate();
    await pool.query(`ALTER SYSTEM SET ssl = on`);
    await pool.query(`ALTER SYSTEM SET ssl_cert_file = '${file('server.pem')}'`);
    await pool.query(`ALTER SYSTEM SET ssl_key_file = '${file('server.key')}'`);
    await restart();
  });

  function openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: server.folder, stdio: 'pipe' });
  }

  function makeAuthority(name: string): void {
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, ...subject);
  }

  function makeServerCertificate(): void {
    writeFileSync(file('names'), 'subjectAltName = DNS:db.example.com');
    openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server');
    const signed = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
    openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signed);
    const { uid, gid } = statSync(path.join(server.folder, 'data'));
    chownSync(file('server.key'), uid, gid);
  }

  it('sslmode=verify-full is told that the name does not match', async () => {
    const { message, hint } = await failureOf(runHere([], env(`?sslmode=verify-full&sslrootcert=${file('authority.pem')}`)));
    expect(message).toMatch(
      /^the certificate of \S+ is for another host: Hostname\/IP does not match .*127\.0\.0\.1.* \(ERR_TLS_CERT_ALTNAME_INVALID\)$/u,
    );
    expect(hint).toBe(
      `in DATABASE_URL, use the host that the certificate names, or check only its authority with sslmode=verify-ca and sslrootcert=FILE${THEN_RUN_AGAIN}`,
    );
  });

  it.each(['verify-ca', 'verify-ca&uselibpqcompat=true'])('sslmode=%s accepts the name, and rotates', async (mode) => {
    const planted = await plant({ url, pool }, keys, 3);
    const { code, stderr } = await runHere([], env(`?sslmode=${mode}&sslrootcert=${file('authority.pem')}`));
    expect(code, stderr).toBe(0);
    expect(count(await expectIntact({ url, pool }, keys, planted), 'new')).toBe(3);
  });

  it.each(['verify-ca', 'verify-full'])('sslmode=%s does not accept another authority', async (mode) => {
    const { message, hint } = await failureOf(runHere([], env(`?sslmode=${mode}&sslrootcert=${file('another-authority.pem')}`)));
    expect(message).toMatch(/^the certificate of \S+ cannot be verified: .* \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/u);
    expect(hint).toMatch(/^name its authority with sslrootcert=FILE in DATABASE_URL, or accept any certificate/u);
  });

  it('a file that holds no certificate is named as the problem', async () => {
    const { message, hint } = await failureOf(
      runHere([], env(`?sslmode=verify-full&sslrootcert=${file('server.key')}&sslkey=${file('names')}`)),
    );
    expect(message).toMatch(/^no TLS connection to \S+ could be made: .* \(ERR_OSSL_\w+\)$/u);
    expect(hint).toMatch(/^check sslmode, sslcert, sslkey and sslrootcert in DATABASE_URL/u);
  });

  it('a connection without TLS, which pg_hba.conf does not admit, is not blamed on the password', async () => {
    const rules = file('data/pg_hba.conf');
    writeFileSync(rules, 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
    await restart();
    const { message, hint } = await failureOf(runHere([], env()));
    const encrypted = await runHere(['--dry-run'], env('?sslmode=no-verify'));
    writeFileSync(rules, 'host all all 127.0.0.1/32 scram-sha-256\n');
    await restart();
    expect(message).toMatch(
      /^\S+ refused user postgres: no pg_hba.conf entry for host "127.0.0.1", .*, no encryption \(28000\)$/u,
    );
    expect(hint).toMatch(
      /^this is not about the password: if the message says "no encryption", add sslmode=verify-full to DATABASE_URL/u,
    );
    expect(encrypted.code, encrypted.stderr).toBe(0);
  });
});

describe('a role that may not log in', () => {
  it('is told so', async () => {
    await pool.query(`CREATE ROLE locked_out NOLOGIN PASSWORD 'hushhushhush'`);
    const login = new URL(url);
    Object.assign(login, { username: 'locked_out', password: secret('hushhushhush') });
    const { message, hint } = await failureOf(runHere([], environment(keys, login.href)));
    expect(message).toBe(`${address} refused user locked_out: role "locked_out" is not permitted to log in (28000)`);
    expect(hint).toContain('check that the user may log in');
  });
});

describe('damage on the disk', () => {
  it('is called damage, and amcheck and REINDEX are named', async () => {
    await plant({ url, pool }, keys, 3);
    const { rows } = await pool.query(`SELECT pg_relation_filepath('user_api_keys') AS file`);
    await pool.query('CHECKPOINT');
    await restart();
    // Behind the back of the server, which has read nothing of it yet.
    const handle = openSync(file(path.join('data', rows[0].file)), 'r+');
    writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, 0);
    closeSync(handle);
    const { message, hint } = await failureOf(runHere([], env()));
    expect(message).toMatch(/^data on the server is corrupted: invalid page in block 0 of relation .* \(XX001\)$/u);
    expect(hint).toMatch(
      /copy the server's data directory first, .* verify_heapam\(\) of the extension amcheck, .* REINDEX it; then run/u,
    );
  });
});
