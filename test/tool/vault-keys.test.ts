import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { type Loopback, startHttp, startSilent } from '../support/keys/loopback.ts';
import { refusalsOf, TWO_KEYS } from '../support/keys/refusals.ts';
import { startVault, type VaultStub } from '../support/keys/vault-stub.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

const token = secret(`hvs.${randomBytes(24).toString('base64url')}`);
const password = secret(randomBytes(20).toString('hex'));
const good = secret(newKey());
const wrappedHex = secret(newKey());
const short = secret(randomBytes(31).toString('hex'));

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
  vault.put('app/keys', { hex: good, short, number: 7, reference: 'vaultkv://secret/app/keys#hex' });
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const refusals = (key: string, env: ToolEnv) => refusalsOf(database, { ENCRYPTION_KEYS: `${good} ${key}`, ...env });

async function httpThatAnswers(status: number, body: object, headers: Record<string, string> = {}): Promise<string> {
  const server = await startHttp(() => ({ status, body: JSON.stringify(body), headers }));
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

describe('Vault', () => {
  const reference = 'vaultkv://secret/app/keys#hex';

  it.each<[title: string, key: () => string, env: () => ToolEnv, problem: string]>([
    [
      'another token',
      () => reference,
      () => ({ VAULT_TOKEN: 'hvs.other' }),
      'Vault does not accept the token, or does not allow it to do this (HTTP 403)',
    ],
    [
      'another namespace',
      () => reference,
      () => ({ VAULT_NAMESPACE: '' }),
      'Vault does not accept the token, or does not allow it to do this (HTTP 403)',
    ],
    ['no such secret', () => 'vaultkv://secret/none#hex', () => ({}), 'Vault has no such secret, or it was deleted (HTTP 404)'],
    [
      'no such field',
      () => 'vaultkv://secret/app/keys#none',
      () => ({}),
      'the secret in Vault has no field of that name (HTTP 200)',
    ],
    [
      'a field that every object has',
      () => 'vaultkv://secret/app/keys#constructor',
      () => ({}),
      'the secret in Vault has no field of that name (HTTP 200)',
    ],
    [
      'a field with 31 bytes',
      () => 'vaultkv://secret/app/keys#short',
      () => ({}),
      'the field in Vault has 62 characters instead of 64',
    ],
    ['a field with a number', () => 'vaultkv://secret/app/keys#number', () => ({}), 'the field in Vault is not a key'],
    ['a field with a reference', () => 'vaultkv://secret/app/keys#reference', () => ({}), 'the field in Vault is not a key'],
    [
      'a key of 31 bytes',
      () => `hashivault://app#${vault.wrap(Buffer.from(short, 'hex'))}`,
      () => ({}),
      'the key that Vault gave has 31 bytes instead of 32',
    ],
    [
      'a damaged key',
      () => `hashivault://app#${vault.wrap(Buffer.from(wrappedHex, 'hex')).slice(0, -8)}`,
      () => ({}),
      'Vault cannot unwrap the key (HTTP 400): another key wrapped it, it is damaged, or there is no such key',
    ],
    [
      'another key',
      () => `hashivault://other#${vault.wrap(Buffer.from(wrappedHex, 'hex'))}`,
      () => ({}),
      'Vault cannot unwrap the key (HTTP 400): another key wrapped it, it is damaged, or there is no such key',
    ],
    [
      'another engine',
      () => `hashivault://app?engine=team/transit#${vault.wrap(Buffer.from(wrappedHex, 'hex'))}`,
      () => ({}),
      'Vault has no transit engine at that path (HTTP 404)',
    ],
    [
      'nobody there',
      () => reference,
      () => ({ VAULT_ADDR: `http://127.0.0.1:${closed}` }),
      'the server in VAULT_ADDR refused the connection: nothing is listening there (ECONNREFUSED)',
    ],
    [
      'a name that is none',
      () => reference,
      () => ({ VAULT_ADDR: 'https://vault.invalid' }),
      'the server in VAULT_ADDR has a name that cannot be resolved (ENOTFOUND)',
    ],
    [
      'a port that nothing asks',
      () => reference,
      () => ({ VAULT_ADDR: 'http://127.0.0.1:1' }),
      'the server in VAULT_ADDR cannot be reached',
    ],
    [
      'a server that says nothing',
      () => reference,
      () => ({ VAULT_ADDR: `http://127.0.0.1:${silent.port}`, KEY_TIMEOUT_MS: '300' }),
      'Vault did not answer within 0.3 s',
    ],
  ])('is explained: %s', async (_title, key, env, problem) => {
    expect(await refusals(key(), { ...vault.env, ...env() })).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
  });

  it.each([
    [503, 'Vault is sealed or under maintenance (HTTP 503)'],
    [500, 'Vault failed (HTTP 500)'],
    [429, 'Vault is limiting requests (HTTP 429)'],
    [307, 'the server in VAULT_ADDR redirects (HTTP 307), which is not followed: the token would go elsewhere'],
  ])('is explained when it answers %i', async (status, problem) => {
    const elsewhere = await startHttp(() => ({ status: 200, body: JSON.stringify({ data: { data: { hex: good } } }) }));
    servers.push(elsewhere);
    const VAULT_ADDR = await httpThatAnswers(status, { errors: ['…'] }, { Location: `http://127.0.0.1:${elsewhere.port}/` });
    expect(await refusals(reference, { ...vault.env, VAULT_ADDR })).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
    expect(elsewhere.connections()).toBe(0);
  });

  it.each<[title: string, env: ToolEnv, problem: string]>([
    ['no address', { VAULT_ADDR: undefined }, 'VAULT_ADDR is not set'],
    ['no token', { VAULT_TOKEN: undefined }, 'VAULT_TOKEN is not set'],
    ['a token with a newline', { VAULT_TOKEN: `${token}\n` }, 'VAULT_TOKEN is not a token'],
    ['two tokens', { VAULT_TOKEN_FILE: 'token' }, 'VAULT_TOKEN and VAULT_TOKEN_FILE are both set'],
    ['an address that is none', { VAULT_ADDR: 'vault' }, 'VAULT_ADDR is not a url'],
    ['another protocol', { VAULT_ADDR: 'ftp://vault' }, 'VAULT_ADDR does not begin with https://'],
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
    expect(await refusals(reference, { ...vault.env, ...env })).toEqual([problem]);
  });

  it('is asked for two keys at once, and what is wrong with both is said once', async () => {
    expect(await refusals(`${reference} vaultkv://secret/none#x`, { ...vault.env, VAULT_TOKEN: undefined })).toEqual([
      'VAULT_TOKEN is not set',
    ]);
    expect(
      await refusals(`vaultkv://secret/none#x vaultkv://secret/app/keys#none nonsense`, { ...vault.env, DATABASE_URL: 'x' }),
    ).toEqual([
      'key 2 of ENCRYPTION_KEYS: Vault has no such secret, or it was deleted (HTTP 404)',
      'key 3 of ENCRYPTION_KEYS: the secret in Vault has no field of that name (HTTP 200)',
      'key 4 of ENCRYPTION_KEYS contains a character that is not a hex digit (0-9, a-f)',
      expect.stringMatching(/^DATABASE_URL is not a url/u),
    ]);
  });

  it('takes the token from a file', async () => {
    const VAULT_TOKEN_FILE = path.join(workFolder, 'token');
    writeFileSync(VAULT_TOKEN_FILE, `${token}\n`);
    const { stderr } = await runHere(['discover'], {
      ...{ ...vault.env, VAULT_TOKEN: undefined, VAULT_TOKEN_FILE, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
      ENCRYPTION_KEYS: `${wrappedHex} ${reference}`,
    });
    expect(stderr).toMatch(TWO_KEYS);
  });
});
