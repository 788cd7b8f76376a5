import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { type Loopback, startHttp, startSilent, startUntrusted } from '../support/keys/loopback.ts';
import { isInstalled } from '../support/keys/program.ts';
import { refusalsOf, TWO_KEYS } from '../support/keys/refusals.ts';
import { startVault, type VaultStub } from '../support/keys/vault-stub.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

const token = secret(`hvs.${randomBytes(24).toString('base64url')}`);
const password = secret(randomBytes(20).toString('hex'));
const good = secret(newKey());
const other = secret(newKey());
const reference = 'vaultkv://secret/app/keys#hex';

let database: Loopback;
let vault: VaultStub;
let silent: Loopback;
let closed: number;
const servers: Loopback[] = [];

beforeAll(async () => {
  [database, silent, vault] = await Promise.all([startSilent(), startSilent(), startVault(token)]);
  servers.push(database, silent, vault.server);
  const ended = await startSilent();
  closed = ended.port;
  await ended.stop();
  vault.put('app/keys', { hex: good });
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const refusals = (env: ToolEnv) => refusalsOf(database, { ENCRYPTION_KEYS: `${other} ${reference}`, ...vault.env, ...env });

describe('Vault', () => {
  it.each<[title: string, env: () => ToolEnv, problem: string]>([
    [
      'another token',
      () => ({ VAULT_TOKEN: 'hvs.other' }),
      'Vault does not accept the token, or does not allow it to do this (HTTP 403)',
    ],
    [
      'another namespace',
      () => ({ VAULT_NAMESPACE: '' }),
      'Vault does not accept the token, or does not allow it to do this (HTTP 403)',
    ],
    [
      'nobody there',
      () => ({ VAULT_ADDR: `http://127.0.0.1:${closed}` }),
      'the server in VAULT_ADDR refused the connection: nothing is listening there (ECONNREFUSED)',
    ],
    [
      'a name that does not resolve',
      () => ({ VAULT_ADDR: 'https://vault.invalid' }),
      'the server in VAULT_ADDR has a name that cannot be resolved (ENOTFOUND)',
    ],
    [
      'a port that fetch refuses to use',
      () => ({ VAULT_ADDR: 'http://127.0.0.1:1' }),
      'the server in VAULT_ADDR cannot be reached',
    ],
    [
      'a server that says nothing',
      () => ({ VAULT_ADDR: `http://127.0.0.1:${silent.port}`, KEY_TIMEOUT_MS: '300' }),
      'Vault did not answer within 0.3 s',
    ],
  ])('is explained: %s', async (_title, env, problem) => {
    expect(await refusals(env())).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
  });

  it.each([
    [503, 'Vault is sealed or under maintenance (HTTP 503)'],
    [500, 'Vault failed (HTTP 500)'],
    [429, 'Vault is limiting requests (HTTP 429)'],
    [307, 'the server in VAULT_ADDR redirects (HTTP 307), which is not followed: the token would go elsewhere'],
  ])('is explained when it answers %i', async (status, problem) => {
    const elsewhere = await startHttp(() => ({ status: 200, body: JSON.stringify({ data: { data: { hex: good } } }) }));
    const headers = { Location: `http://127.0.0.1:${elsewhere.port}/` };
    const server = await startHttp(() => ({ status, body: JSON.stringify({ errors: ['…'] }), headers }));
    servers.push(elsewhere, server);
    expect(await refusals({ VAULT_ADDR: `http://127.0.0.1:${server.port}` })).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
    expect(elsewhere.connections()).toBe(0);
  });

  it.each<[title: string, env: ToolEnv, problem: string]>([
    ['no address', { VAULT_ADDR: undefined }, 'VAULT_ADDR is not set'],
    ['a token that is empty', { VAULT_TOKEN: '' }, 'VAULT_TOKEN is not a token'],
    ['no token', { VAULT_TOKEN: undefined }, 'VAULT_TOKEN is not set'],
    ['a token with a newline', { VAULT_TOKEN: `${token}\n` }, 'VAULT_TOKEN is not a token'],
    ['two tokens', { VAULT_TOKEN_FILE: 'token' }, 'VAULT_TOKEN and VAULT_TOKEN_FILE are both set'],
    ['an address that is none', { VAULT_ADDR: 'vault' }, 'VAULT_ADDR is not a url'],
    ['another protocol', { VAULT_ADDR: 'ftp://vault' }, 'VAULT_ADDR does not begin with https://'],
    ['a namespace that no header can hold', { VAULT_NAMESPACE: 'команда' }, 'VAULT_NAMESPACE is not the path of a namespace'],
    [
      'an address with a password',
      { VAULT_ADDR: `https://user:${password}@vault` },
      'VAULT_ADDR has more than a host, a port and a path',
    ],
    [
      'no TLS to another machine',
      { VAULT_ADDR: 'http://10.0.0.5:8200' },
      'VAULT_ADDR would send the token and the key over the network without TLS',
    ],
  ])('is not asked with %s', async (_title, env, problem) => {
    expect(await refusals(env)).toEqual([problem]);
  });

  it('is not asked with several problems, all of which are said at once', async () => {
    expect(await refusals({ VAULT_ADDR: undefined, VAULT_TOKEN: undefined, VAULT_NAMESPACE: 'команда' })).toEqual([
      'VAULT_ADDR is not set',
      'VAULT_TOKEN is not set',
      'VAULT_NAMESPACE is not the path of a namespace',
    ]);
  });

  it.each([400, 401])('is not said to lack a field when it answers %i', async (status) => {
    const server = await startHttp(() => ({ status, body: JSON.stringify({ errors: ['…'] }) }));
    servers.push(server);
    expect(await refusals({ VAULT_ADDR: `http://127.0.0.1:${server.port}` })).toEqual([
      `key 2 of ENCRYPTION_KEYS: Vault cannot read the secret (HTTP ${status})`,
    ]);
  });

  it.skipIf(!isInstalled('openssl', 'version'))(
    'is not taken to be down when nobody knows who signed its certificate',
    async () => {
      const untrusted = await startUntrusted(mkdtempSync(path.join(workFolder, 'tls-')));
      servers.push(untrusted);
      expect(await refusals({ VAULT_ADDR: `https://127.0.0.1:${untrusted.port}` })).toEqual([
        'key 2 of ENCRYPTION_KEYS: the server in VAULT_ADDR has a certificate that this machine does not trust (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
      ]);
    },
  );

  it('is not taken to be down when it does not speak TLS', async () => {
    expect(await refusals({ VAULT_ADDR: `https://127.0.0.1:${vault.server.port}` })).toEqual([
      expect.stringMatching(
        /: the server in VAULT_ADDR does not speak TLS as this machine does: perhaps it expects http:\/\/ \(/u,
      ),
    ]);
  });

  it.each([reference, `hashivault://app#vault:v1:${Buffer.from(other).toString('base64')}`])(
    'is not taken for one that lacks the key if it is none, or if its answer is cut: %s',
    async (key) => {
      const page = await startHttp(() => ({ status: 200, body: '<html></html>', headers: { 'Content-Type': 'text/html' } }));
      const cut = await startHttp(() => {
        // After the beginning of the answer.
        setTimeout(() => void cut.stop(), 100);
        return { status: 200, body: '{"data":', headers: { 'Content-Length': '1000' } };
      });
      servers.push(page);
      const at = ({ port }: Loopback) => ({ ENCRYPTION_KEYS: `${other} ${key}`, VAULT_ADDR: `http://127.0.0.1:${port}` });
      expect(await refusals(at(page))).toEqual([
        'key 2 of ENCRYPTION_KEYS: the server in VAULT_ADDR does not answer as Vault does',
      ]);
      expect(await refusals(at(cut))).toEqual([
        'key 2 of ENCRYPTION_KEYS: the server in VAULT_ADDR cut the connection (UND_ERR_SOCKET)',
      ]);
    },
  );

  it.each(['', '/', '?', '#'])(
    'is asked at an address that ends in "%s", with an engine as vault secrets list shows it',
    async (end) => {
      const wrapped = vault.wrap(Buffer.from(good, 'hex'));
      const { stderr } = await runHere(['discover'], {
        ...{ ...vault.env, VAULT_ADDR: vault.address + end, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
        ENCRYPTION_KEYS: `${other} hashivault://app?engine=/transit/#${wrapped}`,
      });
      expect(stderr).toMatch(TWO_KEYS);
    },
  );

  it('takes the token from a file', async () => {
    const VAULT_TOKEN_FILE = path.join(workFolder, 'token');
    writeFileSync(VAULT_TOKEN_FILE, `${token}\n`);
    const { stderr } = await runHere(['discover'], {
      ...{ ...vault.env, VAULT_TOKEN: undefined, VAULT_TOKEN_FILE, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
      ENCRYPTION_KEYS: `${other} ${reference}`,
    });
    expect(stderr).toMatch(TWO_KEYS);
  });
});
